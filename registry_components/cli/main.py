"""The `regc` command. Each subcommand imports what it needs when it runs, so that `regc --help` answers at once."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from .._version import __version__
from ..core.errors import StackError

P = ParamSpec("P")

app = typer.Typer(
    help="Container registries, composed per environment.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
hub = typer.Typer(help="Docker Hub: what is left of its pull limits.", no_args_is_help=True)
app.add_typer(hub, name="hub")
lifecycle = typer.Typer(help="Lifecycle policies: what they would do, before they do it.", no_args_is_help=True)
app.add_typer(lifecycle, name="lifecycle")
pull_secrets = typer.Typer(help="The logins that pods pull with.", no_args_is_help=True)
app.add_typer(pull_secrets, name="pull-secrets")
harbor = typer.Typer(help="Harbor: what is in it, who is told what happens, how it is upgraded.", no_args_is_help=True)
app.add_typer(harbor, name="harbor")
harbor_webhook = typer.Typer(help="Webhooks of a project.", no_args_is_help=True)
harbor.add_typer(harbor_webhook, name="webhook")
distribution = typer.Typer(help="CNCF Distribution in a cluster.", no_args_is_help=True)
app.add_typer(distribution, name="distribution")
mirror = typer.Typer(help="Images of one registry kept in another.", no_args_is_help=True)
app.add_typer(mirror, name="mirror")


def _told(command: Callable[P, None]) -> Callable[P, None]:
    """Return the command with its `StackError` printed as a message, and Ctrl-C ending it silently with code 130."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except StackError as error:
            sys.stdout.flush()
            sys.stderr.write(f"error: {error}\n")
            raise typer.Exit(1) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return wrapped


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
@_told
def up(
    stack: Annotated[str, typer.Argument(help="The stack to bring up.")] = "local",
    prove: Annotated[
        bool, typer.Option("--prove/--no-prove", help="End with a push and a pull through the new registry.")
    ] = True,
) -> None:
    """Bring a stack up, and prove that it works."""
    from . import stack as commands

    commands.up(stack, prove=prove)


@app.command()
@_told
def down(stack: Annotated[str, typer.Argument(help="The stack to stop.")] = "local") -> None:
    """Stop what a stack runs; its data stays."""
    from . import stack as commands

    commands.down(stack)


@app.command()
@_told
def password(
    stack: Annotated[str, typer.Argument(help="The stack that generated it.")] = "local",
    username: Annotated[str | None, typer.Option("--username", help="Whose; not needed where there is one.")] = None,
) -> None:
    """Print a generated password, to be piped into a client's login."""
    from . import stack as commands

    print(commands.password(stack, username))


@app.command()
@_told
def rehearse(  # noqa: PLR0917 - typer reads options from a signature
    stack: Annotated[str | None, typer.Argument(help="The stack; not needed where there is one.")] = None,
    program: Annotated[
        Path | None, typer.Option("--program", help="The project's folder; else the one around the current folder.")
    ] = None,
    config_file: Annotated[
        Path | None, typer.Option("--config-file", help="Settings to use instead of Pulumi.<stack>.yaml.")
    ] = None,
    change: Annotated[
        list[str] | None, typer.Option("--change", help="KEY=VALUE: a setting that a later up changes. Repeatable.")
    ] = None,
    secret: Annotated[
        list[str] | None,
        typer.Option("--secret", help="KEY=VARIABLE: a secret setting, from the environment. Repeatable."),
    ] = None,
    given: Annotated[
        Path | None, typer.Option("--given", help="A project that makes what the stack expects to find.")
    ] = None,
    allow_unknown: Annotated[
        bool, typer.Option("--allow-unknown", help="Record resources that no emulator knows as skipped.")
    ] = False,
    network: Annotated[bool, typer.Option("--network", help="Let the program reach other machines.")] = False,
    docker: Annotated[
        str | None,
        typer.Option("--docker", help="Make containers on this Docker engine: unix:///var/run/docker.sock. They go."),
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep state, logs and emulated clouds in this new folder.")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Where the page goes: rehearsal-<stack>.html.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
) -> None:
    """Live a stack's whole life on the real engine against emulated clouds, and report what held.

    Preview, up, up again (nothing may change), refresh (nothing may differ), a change, destroy (nothing may stay).
    Exit code 0 where everything held, 1 where not, 2 where nothing ran.
    """
    from . import rehearse as commands

    code = commands.command(
        stack,
        program=program,
        config_file=config_file,
        change=change or (),
        secret=secret or (),
        given=given,
        allow_unknown=allow_unknown,
        network=network,
        docker=docker,
        keep=keep,
        html=html,
        as_json=as_json,
    )
    if code:
        raise typer.Exit(code)


@app.command()
@_told
def env(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    export: Annotated[
        bool, typer.Option("--export", help='Print shell lines: eval "$(regc env --export)" makes `pulumi` work.')
    ] = False,
    verify: Annotated[bool, typer.Option("--verify", help="Check cached tools against their checksums.")] = False,
) -> None:
    """Show the tools that are used here, and which path each took. Builds nothing."""
    from . import env as commands

    commands.env(as_json=as_json, export=export, verify=verify)


Kind = Annotated[
    str,
    typer.Option(
        "--kind",
        help="unified, ecr, gar, acr, acr-purge, harbor, nexus, artifactory, distribution, ghcr, gitlab, quay or zot.",
    ),
]
Policy = Annotated[Path | None, typer.Option("--policy", help="A unified policy, YAML or JSON.")]
Native = Annotated[Path | None, typer.Option("--native", help="The registry's own policy, JSON.")]
InventoryFile = Annotated[
    Path, typer.Option("--inventory", help="Artifacts: JSON Lines, a JSON array, CSV or Parquet.")
]
Now = Annotated[str | None, typer.Option("--now", help="The time to judge at, RFC 3339. Default: now.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
InUseFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--in-use", help="What runs, which then stays: kubectl's, aws ecs's or gcloud run's JSON, or images by line."
    ),
]
InUseCluster = Annotated[
    bool, typer.Option("--in-use-cluster", help="In a pod: what the Kubernetes API lists as running stays, too.")
]
AllowEmpty = Annotated[bool, typer.Option("--allow-empty-in-use", help="Take a listing that names no image.")]
Accept = Annotated[
    list[str] | None,
    typer.Option(
        "--accept-difference", help="A difference by the name that a refusal tells. Default: those the policy accepts."
    ),
]


@lifecycle.command("simulate")
@_told
def simulate(  # noqa: PLR0917 - typer reads options from a signature
    kind: Kind,
    inventory: InventoryFile,
    policy: Policy = None,
    native: Native = None,
    now: Now = None,
    as_json: AsJson = False,
    accept: Accept = None,
    in_use: InUseFiles = None,
    allow_empty_in_use: AllowEmpty = False,
    report: Annotated[Path | None, typer.Option("--report", help="Where to write a page: what goes, and when.")] = None,
) -> None:
    """Tell for every artifact of an inventory what a policy does to it, and why. Nothing is deleted."""
    from . import lifecycle as commands

    commands.simulate(
        kind,
        policy=policy,
        native=native,
        inventory=inventory,
        now=now,
        as_json=as_json,
        accept=accept,
        in_use=commands.InUse(in_use or (), allow_empty_in_use),
        report=report,
    )


@lifecycle.command("explain")
@_told
def explain(  # noqa: PLR0917 - typer reads options from a signature
    image: Annotated[str, typer.Argument(help="repository:tag or repository@digest.")],
    kind: Kind,
    inventory: InventoryFile,
    policy: Policy = None,
    native: Native = None,
    now: Now = None,
    as_json: AsJson = False,
    accept: Accept = None,
    in_use: InUseFiles = None,
    allow_empty_in_use: AllowEmpty = False,
) -> None:
    """Tell what a policy does to one artifact, and why."""
    from . import lifecycle as commands

    commands.explain(
        kind,
        image,
        policy=policy,
        native=native,
        inventory=inventory,
        now=now,
        as_json=as_json,
        accept=accept,
        in_use=commands.InUse(in_use or (), allow_empty_in_use),
    )


@lifecycle.command("compile")
@_told
def compile_(
    kind: Annotated[
        str, typer.Option("--kind", help="ecr, gar, acr, acr-purge, harbor, nexus, artifactory or distribution.")
    ],
    policy: Annotated[Path, typer.Option("--policy", help="A unified policy, YAML or JSON.")],
    repository: Annotated[
        str | None, typer.Option("--repository", help="The repository whose policy it becomes, which ECR needs.")
    ] = None,
    accept: Accept = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write it. Default: standard output.")] = None,
) -> None:
    """Translate a unified policy to a registry's own, if that is proven to do the same."""
    from . import lifecycle as commands

    commands.compile_(kind, policy=policy, repository=repository, accept=accept, out=out)


@lifecycle.command("lint")
@_told
def lint(  # noqa: PLR0917 - typer reads options from a signature
    kind: Kind,
    policy: Policy = None,
    native: Native = None,
    inventory: Annotated[
        Path | None, typer.Option("--inventory", help="What there is: patterns that match none of it are told.")
    ] = None,
    now: Now = None,
    other_policy: Annotated[
        list[Path] | None, typer.Option("--other-policy", help="A further policy of the same repositories.")
    ] = None,
    immutable_tags: Annotated[bool, typer.Option("--immutable-tags", help="Tags cannot be deleted there.")] = False,
    garbage_collection: Annotated[
        str | None, typer.Option("--garbage-collection", help="none or scheduled, of Harbor, Nexus and Distribution.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail on warnings, too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Tell what is wrong with a policy although the registry takes it. Exit code 1 where there is an error."""
    from . import lint as commands

    passes = commands.lint(
        kind,
        policy=policy,
        native=native,
        inventory=inventory,
        now=now,
        others=other_policy or [],
        immutable_tags=immutable_tags,
        garbage_collection=garbage_collection,
        strict=strict,
        as_json=as_json,
    )
    if not passes:
        raise typer.Exit(1)


Source = Annotated[str, typer.Argument(help="The registry: host or host:port.")]
Repositories = Annotated[
    list[str] | None, typer.Option("--repository", help="A repository, or a pattern of them. Default: all.")
]
Username = Annotated[
    str | None,
    typer.Option("--username", help="Whose password stands on standard input. Default: Docker's configuration."),
]
PlainHttp = Annotated[
    bool | None,
    typer.Option("--plain-http/--tls", help="How to speak to it. Default: TLS, and plain HTTP on this machine."),
]
CaCertificate = Annotated[
    Path | None, typer.Option("--ca-certificate", help="PEM file of an authority to trust beside the usual ones.")
]
Concurrency = Annotated[int, typer.Option("--concurrency", min=1, max=64, help="Requests at the same time.")]
AssumeCreated = Annotated[
    bool, typer.Option("--assume-created", help="Take the time of an image's build for that of its push.")
]


@lifecycle.command("inventory")
@_told
def inventory_(  # noqa: PLR0917 - typer reads options from a signature
    source: Annotated[
        str,
        typer.Argument(
            help="host or host:port, or ecr://ACCOUNT.dkr.ecr.REGION.amazonaws.com, "
            "gar://LOCATION-docker.pkg.dev/PROJECT/REPOSITORY, acr://NAME.azurecr.io, harbor://HOST[/PROJECT]."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Where to: .jsonl, .ndjson or .parquet.")],
    repository: Repositories = None,
    username: Username = None,
    plain_http: PlainHttp = None,
    ca_certificate: CaCertificate = None,
    concurrency: Concurrency = 8,
    assume_created: AssumeCreated = False,
    layers: Annotated[
        bool, typer.Option("--layers", help="gar://, acr://: read every manifest, to tell what images share.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on where an interrupted run stopped.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Collect what a registry holds. Exit code 2 where something could not be read."""
    from . import inventory as commands
    from .registry import Access

    commands.check_globs(repository or [])
    whole = commands.inventory(
        source,
        out=out,
        repositories=repository or [],
        access=Access(username, plain_http, ca_certificate),
        concurrency=concurrency,
        assume_created=assume_created,
        layers=layers,
        resume=resume,
        force=force,
    )
    if not whole:
        raise typer.Exit(2)


@app.command()
@_told
def prune(  # noqa: PLR0917 - typer reads options from a signature
    source: Source,
    policy: Annotated[Path | None, typer.Option("--policy", help="A unified policy, YAML or JSON: a dry run.")] = None,
    apply: Annotated[Path | None, typer.Option("--apply", help="A plan to carry out.")] = None,
    undo: Annotated[Path | None, typer.Option("--undo", help="A journal whose deletes are put back.")] = None,
    plan: Annotated[Path | None, typer.Option("--plan", help="Where a dry run writes its plan.")] = None,
    inventory: Annotated[
        Path | None, typer.Option("--inventory", help="What the registry holds. Default: it is collected.")
    ] = None,
    repository: Repositories = None,
    username: Username = None,
    plain_http: PlainHttp = None,
    ca_certificate: CaCertificate = None,
    concurrency: Concurrency = 8,
    assume_created: AssumeCreated = False,
    now: Now = None,
    in_use: InUseFiles = None,
    in_use_cluster: InUseCluster = False,
    allow_empty_in_use: AllowEmpty = False,
    shard: Annotated[
        str | None,
        typer.Option("--shard", help="Only its share of the repositories: 0/8, or auto/8 in an indexed Job."),
    ] = None,
    max_deletes: Annotated[int | None, typer.Option("--max-deletes", min=0, help="Refuse plans of more.")] = None,
    max_fraction: Annotated[
        float, typer.Option("--max-fraction", min=0.0, max=1.0, help="Refuse plans of more of all artifacts.")
    ] = 0.2,
    max_age: Annotated[float, typer.Option("--max-age", min=0.0, help="Hours that a plan may be old.")] = 24.0,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Where to write what was done. Default: beside the plan.")
    ] = None,
    audit: Annotated[Path | None, typer.Option("--audit", help="A log of all runs, which this one adds to.")] = None,
    unattended: Annotated[
        Path | None,
        typer.Option("--unattended", help="With --policy: plan and delete, in this folder, going on if killed."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="With --unattended: only plan.")] = False,
    keep_runs: Annotated[int, typer.Option("--keep-runs", min=1, help="With --unattended: how many stay.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Delete what a policy lets go: a dry run with --policy, a plan with --apply, back again with --undo.

    With --unattended, one command plans and deletes, as a schedule runs it.
    """
    from . import prune as commands
    from .registry import Access

    access = Access(username, plain_http, ca_certificate)
    given = [name for name, value in (("--policy", policy), ("--apply", apply), ("--undo", undo)) if value is not None]
    if len(given) != 1:
        said = " and ".join(given) or "none of them"
        raise StackError(f"give one of --policy, --apply and --undo, not {said}")
    limits = commands.Limits(max_deletes, max_fraction, max_age)
    others = {"--plan": plan, "--inventory": inventory, "--journal": journal, "--audit": audit}
    code = 0
    if unattended is not None:
        wrong = [name for name, value in others.items() if value is not None]
        if policy is None or wrong:
            raise StackError(f"--unattended goes with --policy, not {wrong[0] if wrong else given[0]}")
    elif dry_run:
        raise StackError("--dry-run is for --unattended; without it, --policy alone deletes nothing")
    if apply is not None:
        code = commands.apply(
            source,
            plan=apply,
            journal=journal,
            audit=audit,
            access=access,
            concurrency=concurrency,
            limits=limits,
            as_json=as_json,
        )
    elif undo is not None:
        code = commands.undo(source, journal=undo, access=access, as_json=as_json)
    elif policy is not None:
        from .inventory import check_globs
        from .lifecycle import InUse

        check_globs(repository or [])
        if unattended is not None:
            from .unattended import Asked
            from .unattended import run as run_unattended

            code = run_unattended(
                source,
                Asked(
                    policy=policy,
                    folder=unattended,
                    repositories=repository or [],
                    shard=shard,
                    dry_run=dry_run,
                    assume_created=assume_created,
                    now=now,
                    keep_runs=keep_runs,
                    concurrency=concurrency,
                ),
                access=access,
                limits=limits,
                in_use=InUse(in_use or (), allow_empty_in_use, in_use_cluster),
            )
            raise typer.Exit(code)
        commands.look(
            source,
            policy=policy,
            inventory=inventory,
            out=plan,
            repositories=repository or [],
            access=access,
            concurrency=concurrency,
            assume_created=assume_created,
            now=now,
            limits=limits,
            in_use=InUse(in_use or (), allow_empty_in_use, in_use_cluster),
            shard=shard,
        )
    if code:
        raise typer.Exit(code)


@pull_secrets.command("refresh")
@_told
def refresh_(
    config: Annotated[Path, typer.Option("--config", help="What to refresh, as PullSecrets writes it.")],
    kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig", help="The cluster. Default: the one that this pod runs in.")
    ] = None,
    context: Annotated[str | None, typer.Option("--context", help="Context in it. Default: the current one.")] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Do not wait for a token that lives until the next run has renewed it.")
    ] = False,
) -> None:
    """Ask for tokens, and write them into the secret of every namespace. Exit code 1, and an event, on failure."""
    from . import pull_secrets as commands

    commands.refresh(config, kubeconfig=kubeconfig, context=context, once=once)


@pull_secrets.command("check")
@_told
def check_(
    files: Annotated[
        list[Path],
        typer.Argument(help="What `kubectl get deployments,secrets,serviceaccounts -A -o json` printed; - is stdin."),
    ],
    anonymous: Annotated[
        list[str] | None,
        typer.Option("--anonymous", help="A host that asks for no login. Default: Docker Hub and other public ones."),
    ] = None,
    node_identity: Annotated[
        list[str] | None, typer.Option("--node-identity", help="A host, or pattern, where the nodes log in themselves.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find workloads whose pods could not pull their images, and say why. Exit code 1 where there are some."""
    from . import pull_secrets as commands

    if not commands.check(files, anonymous=anonymous or [], node_identity=node_identity or [], as_json=as_json):
        raise typer.Exit(1)


@distribution.command("collect")
@_told
def distribution_collect(  # noqa: PLR0917 - typer reads options from a signature
    workload: Annotated[str, typer.Option("--workload", help="deployments/NAME or statefulsets/NAME.")],
    config: Annotated[Path, typer.Option("--config", help="The registry's config.yml.")],
    namespace: Annotated[str, typer.Option("--namespace", help="The registry's namespace.")],
    registry: Annotated[Path, typer.Option("--registry", help="The registry's program.")] = Path("/bin/registry"),
    container: Annotated[str, typer.Option("--container", help="The registry's container.")] = "registry",
    delete_untagged: Annotated[
        bool, typer.Option("--delete-untagged", help="Delete what no tag leads to as well, but parts of tagged images.")
    ] = False,
    switch_seconds: Annotated[
        float, typer.Option("--switch-seconds", min=1, help="How long it may take until no pod takes pushes.")
    ] = 900,
    lock_seconds: Annotated[
        float, typer.Option("--lock-seconds", min=1, help="How long a run that says nothing counts as alive.")
    ] = 60,
    kubeconfig: Annotated[
        Path | None, typer.Option("--kubeconfig", help="The cluster. Default: the one that this pod runs in.")
    ] = None,
    context: Annotated[str | None, typer.Option("--context", help="Context in it. Default: the current one.")] = None,
) -> None:
    """Free the space of deleted images: read-only first, writable again in any case. Exit code 1 on failure."""
    from . import distribution as commands

    commands.collect(
        commands.Where(kubeconfig, context),
        namespace=namespace,
        workload=workload,
        container=container,
        config=config,
        registry=registry,
        delete_untagged=delete_untagged,
        switch_seconds=switch_seconds,
        lock_seconds=lock_seconds,
    )


HarborUrl = Annotated[str, typer.Argument(metavar="URL", help="Harbor's URL, https://harbor.example.com.")]
HarborProject = Annotated[str, typer.Argument(metavar="PROJECT", help="The project's name.")]
HarborUser = Annotated[
    str | None,
    typer.Option("--username", help="Who asks; the password is in HARBOR_PASSWORD, or asked for. Default: nobody."),
]
HarborCa = Annotated[
    Path | None, typer.Option("--ca-certificate", help="A file with the authority of Harbor's certificate.")
]


@harbor.command("repositories")
@_told
def harbor_repositories(
    url: HarborUrl,
    project: HarborProject,
    username: HarborUser = None,
    ca_certificate: HarborCa = None,
    as_json: AsJson = False,
) -> None:
    """List the repositories of a project."""
    from . import harbor as commands

    commands.repositories(commands.Login(url, username, ca_certificate), project, as_json=as_json)


@harbor.command("upgrade-plan")
@_told
def harbor_upgrade_plan(
    start: Annotated[str, typer.Option("--from", metavar="VERSION", help="The Harbor that runs, such as 2.13.2.")],
    end: Annotated[
        str | None, typer.Option("--to", metavar="VERSION", help="The Harbor to come. Default: this release's.")
    ] = None,
    containers: Annotated[
        str | None,
        typer.Option(
            "--containers", help="What containers' names begin with, for apply kind docker. Default: compose."
        ),
    ] = None,
    external_database: Annotated[
        bool, typer.Option("--external-database", help="The database is not Harbor's own.")
    ] = False,
) -> None:
    """Print what to do to upgrade a Harbor on one machine. A step that Harbor does not support is refused."""
    from ..core.versions import HARBOR
    from ..harbor.host.upgrade import plan

    print(plan(start, end or HARBOR, containers=containers, external_database=external_database).text(), end="")


@harbor_webhook.command("create")
@_told
def harbor_webhook_create(  # noqa: PLR0917 - typer reads options from a signature
    url: HarborUrl,
    project: HarborProject,
    name: Annotated[str, typer.Option("--name", help="Its name, of which there is one in the project.")],
    address: Annotated[str, typer.Option("--address", help="Where it goes.")],
    event: Annotated[list[str], typer.Option("--event", help="What is told, such as PUSH_ARTIFACT. Repeatable.")],
    kind: Annotated[str, typer.Option("--kind", help="In whose form: http or slack.")] = "http",
    description: Annotated[str, typer.Option("--description", help="What it is for.")] = "",
    skip_cert_verify: Annotated[bool, typer.Option("--skip-cert-verify", help="Take any certificate.")] = False,
    ask_auth_header: Annotated[
        bool,
        typer.Option("--ask-auth-header", help="Ask for its Authorization header; else HARBOR_WEBHOOK_AUTH_HEADER."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be created, and send nothing.")] = False,
    username: Annotated[
        str, typer.Option("--username", help="Who creates it; the password is in HARBOR_PASSWORD, or asked for.")
    ] = "admin",
    ca_certificate: HarborCa = None,
) -> None:
    """Create a webhook. One that is there already with the same settings is left as it is."""
    from . import harbor as commands

    commands.create_webhook(
        commands.Login(url, username, ca_certificate),
        project,
        name=name,
        address=address,
        events=event,
        kind=kind,
        description=description,
        skip_cert_verify=skip_cert_verify,
        ask_auth_header=ask_auth_header,
        dry_run=dry_run,
    )


MirrorFile = Annotated[
    Path, typer.Option("--config", help="A Replication: source, destination, repositories, …; YAML, without logins.")
]


@mirror.command("show")
@_told
def mirror_show(config: MirrorFile, as_json: AsJson = False) -> None:
    """Show who copies, why, and with which settings: regsync's configuration, or the registry's own."""
    from . import mirror as commands

    commands.show(config, as_json=as_json)


@mirror.command("plan")
@_told
def mirror_plan(config: MirrorFile, concurrency: Concurrency = 8, as_json: AsJson = False) -> None:
    """Tell what would be copied. Nothing is. Exit code 2 where something could not be looked at."""
    from . import mirror as commands

    if not commands.plan(config, concurrency=concurrency, as_json=as_json):
        raise typer.Exit(2)


@mirror.command("run")
@_told
def mirror_run(
    config: MirrorFile,
    regsync: Annotated[Path | None, typer.Option("--regsync", help="The program. Default: that on PATH.")] = None,
) -> None:
    """Copy once, by regsync. Ends with its exit code."""
    from . import mirror as commands

    code = commands.run(config, regsync=regsync)
    if code:
        raise typer.Exit(code)


@mirror.command("verify")
@_told
def mirror_verify(
    config: MirrorFile,
    concurrency: Concurrency = 8,
    as_json: AsJson = False,
    exact: Annotated[
        bool, typer.Option("--exact", help="Fail on what only the destination has, too; a mirror deletes nothing.")
    ] = False,
    pod_identity: Annotated[
        list[str] | None,
        typer.Option(
            "--pod-identity", help="source or destination: ask its cloud for a token as this pod. Repeatable."
        ),
    ] = None,
) -> None:
    """Check that tags, digests and signatures are the same at the destination. Exit code 1 where not."""
    from . import mirror as commands

    if not commands.verify(
        config, concurrency=concurrency, as_json=as_json, exact=exact, pod_identity=pod_identity or ()
    ):
        raise typer.Exit(1)


@hub.command()
@_told
def headroom(
    username: Annotated[
        str | None, typer.Option("--username", help="Whose pulls; the token comes on standard input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    need: Annotated[
        int | None, typer.Option("--need", min=1, help="Fail where fewer pulls than this are left.")
    ] = None,
) -> None:
    """Show how many pulls from Docker Hub are left, for this address or for a login. Asking costs none."""
    from ..docker_hub import headroom as commands

    commands.command(username=username, as_json=as_json, need=need)


def run() -> None:
    """Be the console command: a `StackError` is one message on stderr and exit code 1, Ctrl-C is code 130."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    run()
