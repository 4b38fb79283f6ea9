"""A service that runs in a cluster by this library's own manifests: what can be said of it, and what it becomes.

The arguments are `pods`, `volumes`, `expose`, `reach` and `observed`; `render_*` make manifests of them, pure, with
every object's name and marks from a `Named`.
"""
