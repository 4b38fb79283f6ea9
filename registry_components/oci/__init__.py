"""A small client for registries that follow the OCI Distribution Specification 1.1, and an image builder.

`registry_components.oci.client` needs the extra `ops`; the rest needs nothing beyond the standard library.
"""
