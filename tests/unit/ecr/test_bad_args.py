# ruff: noqa: E501 - each message stands on one line, as it is shown
"""Unit proof: what is wrong, where, what is allowed and what to do, for wrong arguments of every component of ECR."""

from __future__ import annotations

from typing import Any

import pytest

from registry_components import ecr
from registry_components.core.errors import StackError

pytestmark = pytest.mark.unit

MISSING = object()
REGISTRY, SETTINGS, CACHE, LIFECYCLE = (
    "EcrRegistryArgs",
    "EcrRegistrySettingsArgs",
    "EcrPullThroughCacheArgs",
    "EcrLifecyclePolicy",
)
PUBLIC, ENDPOINTS, EVENTS = "EcrPublicRepositoryArgs", "EcrVpcEndpointsArgs", "EcrEventsArgs"
TEMPLATES, REFERENCE = "EcrCreationTemplatesArgs", "EcrRegistryReferenceArgs"
ROLE = "arn:aws:iam::123456789012:role/ci"
KEY = "arn:aws:kms:eu-west-1:123456789012:key/11111111-2222-3333-4444-555555555555"
SECRET = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:hub-AbCdEf"
TOPIC = {"t": {"arn": "arn:aws:sns:eu-west-1:123456789012:t"}}
PROFILE = "arn:aws:signer:eu-west-1:123456789012:/signing-profiles/p"
LOGIN = {"username": "u", "password": "hunter22"}
GOOD: dict[str, dict[str, Any]] = {
    REGISTRY: {"repositories": {"api": {}}},
    SETTINGS: {},
    CACHE: {"prefix": "cache", "caching": {"upstream": "public.ecr.aws"}, "nodes": "elsewhere"},
    LIFECYCLE: {},
    PUBLIC: {"name": "tool", "access": {"anonymous_pull": True}},
    ENDPOINTS: {"endpoint": {"subnet_ids": ["subnet-1"], "network_id": "vpc-1"}, "route_table_ids": ["rtb-1"]},
    EVENTS: {},
    TEMPLATES: {},
    REFERENCE: {},
}

# A title, the arguments, what is changed in GOOD, and every mistake that is told.
TABLE: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("nothing said", REGISTRY, {"repositories": MISSING}, ["repositories: is required but not given; add it"]),
    ("no repository", REGISTRY, {"repositories": {}}, ["repositories: needs at least 1 entry (it has 0)"]),
    ("misspelt setting", REGISTRY, {"lifecylce": None}, ["lifecylce: is not a setting; did you mean lifecycle?"]),
    (
        "misspelt in a repository",
        REGISTRY,
        {"repositories": {"api": {"tag": {}}}},
        ["repositories.api.tag: is not a setting; did you mean tags?"],
    ),
    (
        "a name in capitals",
        REGISTRY,
        {"repositories": {"API": {}}},
        [
            "repositories.API: 'API' is not a repository name; use lower-case letters, digits and single . _ - between them, in parts separated by /"
        ],
    ),
    (
        "a name of one letter",
        REGISTRY,
        {"repositories": {"a": {}}},
        ["repositories.a: a repository's name has 2 to 256 characters, and this one 1"],
    ),
    (
        "two of one name",
        REGISTRY,
        {"repositories": {"api": {}, "web": {"name": "api"}}},
        ["repositories.web: is named 'api', as repository 'api' is; give one of them another name"],
    ),
    (
        "a long prefix",
        REGISTRY,
        {"prefix": "x" * 250, "repositories": {"frontend": {}}},
        ["repositories.frontend: a repository's name has 2 to 256 characters, and this one 259"],
    ),
    (
        "a zone for a region",
        REGISTRY,
        {"region": "eu-central-1a"},
        ["region: 'eu-central-1a' is an availability zone; write its region, 'eu-central-1'"],
    ),
    (
        "no region",
        REGISTRY,
        {"region": "frankfurt"},
        ["region: 'frankfurt' is not a region; it looks like 'eu-central-1'"],
    ),
    (
        "everybody",
        REGISTRY,
        {"access": {"pull": ["*"]}},
        ["access.pull[0]: '*' is everybody; name accounts, roles or your organization (o-…)"],
    ),
    (
        "everybody without a login",
        REGISTRY,
        {"access": {"anonymous_pull": True}},
        [
            "access.anonymous_pull: is not possible: a private repository always asks for a login; publish with EcrPublicRepository"
        ],
    ),
    (
        "an account too short",
        REGISTRY,
        {"access": {"pull": ["12345"]}},
        [
            "access.pull[0]: '12345' is not a principal; write an ARN (arn:aws:iam::…), an account's 12 digits, an organization (o-…) or lambda.amazonaws.com"
        ],
    ),
    (
        "a group",
        REGISTRY,
        {"access": {"push": ["arn:aws:iam::123456789012:group/dev"]}},
        [
            "access.push[0]: 'arn:aws:iam::123456789012:group/dev' is a group, which no AWS policy takes as a principal; name its role or users"
        ],
    ),
    (
        "a wildcard in an ARN",
        REGISTRY,
        {"access": {"push": ["arn:aws:iam::123456789012:role/*"]}},
        [
            "access.push[0]: 'arn:aws:iam::123456789012:role/*' has a '*', which AWS takes in no principal; name each one"
        ],
    ),
    (
        "another service",
        REGISTRY,
        {"access": {"pull": ["codebuild.amazonaws.com"]}},
        [
            "access.pull[0]: 'codebuild.amazonaws.com' is a service that pulls as the role it was given; name that role, or lambda.amazonaws.com"
        ],
    ),
    (
        "Lambda pushes",
        REGISTRY,
        {"access": {"push": ["lambda.amazonaws.com"]}},
        ["access.push[0]: 'lambda.amazonaws.com' only pulls; put it into access.pull"],
    ),
    (
        "a principal twice",
        REGISTRY,
        {"access": {"pull": [ROLE, ROLE]}},
        ["access.pull[1]: 'arn:aws:iam::123456789012:role/ci' is there already; name it once"],
    ),
    (
        "an ARN of something else",
        REGISTRY,
        {"access": {"admin": ["arn:aws:s3:::bucket"]}},
        ["access.admin[0]: 'arn:aws:s3:::bucket' is not the ARN of a role, a user or an account's root"],
    ),
    (
        "a repository's own principal",
        REGISTRY,
        {"repositories": {"team/api": {"access": {"pull": ["bob"]}}}},
        [
            "repositories['team/api'].access.pull[0]: 'bob' is not a principal; write an ARN (arn:aws:iam::…), an account's 12 digits, an organization (o-…) or lambda.amazonaws.com"
        ],
    ),
    (
        "too many principals",
        REGISTRY,
        {
            "access": {
                "pull": [f"arn:aws:iam::123456789012:role/a-rather-long-name-of-a-role-{i:04}" for i in range(200)]
            }
        },
        [
            "access: makes a policy of 13651 characters, and ECR takes 10240; name an account or your organization (o-…) instead of single roles"
        ],
    ),
    (
        "a number for Lambda's account",
        REGISTRY,
        {"lambda_accounts": ["1"]},
        ["lambda_accounts[0]: '1' is not an account's id; it has 12 digits (in YAML write them in quotes)"],
    ),
    (
        "destroy without consent",
        REGISTRY,
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"],
    ),
    (
        "consent without destroy",
        REGISTRY,
        {"empty_on_delete": True},
        ["deletion: must be 'destroy' too to remove images on destroy; set it, or remove empty_on_delete"],
    ),
    (
        "a repository destroyed without consent",
        REGISTRY,
        {"repositories": {"api": {"deletion": "destroy"}}},
        [
            "repositories.api.empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"
        ],
    ),
    (
        "adopted and destroyed",
        REGISTRY,
        {"repositories": {"api": {"import_": "api"}}, "deletion": "destroy", "empty_on_delete": True},
        [
            "repositories.api.deletion: 'destroy' is refused while the repository is adopted; remove import_ once it is adopted"
        ],
    ),
    (
        "adopted under another name",
        REGISTRY,
        {"repositories": {"api": {"import_": "old"}}},
        ["repositories.api.import_: is 'old', and the repository is named 'api'; they have to be the same"],
    ),
    (
        "continuous scanning of a repository",
        REGISTRY,
        {"scanning": {"mode": "continuous"}},
        [
            "scanning.mode: 'continuous' is the account's to say; use EcrRegistrySettings with scanning of kind 'enhanced', and 'inherited' here"
        ],
    ),
    (
        "scanning by globs",
        REGISTRY,
        {"repositories": {"api": {"scanning": {"repositories": ["a*"]}}}},
        ["repositories.api.scanning.repositories: has no meaning here; say scanning of the repositories themselves"],
    ),
    (
        "replication here",
        REGISTRY,
        {"replication": {"dr": {"region": "eu-west-1"}}},
        [
            "replication: is one setting of the account and region, not of these repositories; move it to EcrRegistrySettings, which one stack owns"
        ],
    ),
    (
        "caching here",
        REGISTRY,
        {"caching": {"upstream": "docker.io"}},
        ["caching: is not a setting of repositories; make an EcrPullThroughCache with this upstream"],
    ),
    (
        "a private address here",
        REGISTRY,
        {"network": {"private_endpoints": {"a": {"subnet_ids": ["subnet-1"]}}}},
        ["network.private_endpoints: are the VPC's, for all repositories; make EcrVpcEndpoints there"],
    ),
    (
        "not public",
        REGISTRY,
        {"network": {"public": False}},
        [
            "network.public: is not what ECR can close: its address is the same for all; deny in IAM what does not come by aws:SourceVpce, and remove it"
        ],
    ),
    (
        "address ranges",
        REGISTRY,
        {"network": {"allowed_ranges": ["10.0.0.0/8"]}},
        [
            "network.allowed_ranges: is not what ECR can close: its address is the same for all; deny in IAM what does not come by aws:SourceVpce, and remove it"
        ],
    ),
    (
        "a kind of encryption",
        REGISTRY,
        {"encryption": {"kind": "kms_dsse"}},
        ["encryption: kind 'kms_dsse' is not known; allowed: aes256, kms"],
    ),
    (
        "an alias for a key",
        REGISTRY,
        {"encryption": {"kind": "kms", "key": "arn:aws:kms:eu-west-1:123456789012:alias/images"}},
        [
            "encryption.key: 'arn:aws:kms:eu-west-1:123456789012:alias/images' is an alias; give the key's own ARN, which is what ECR answers with"
        ],
    ),
    (
        "a key of elsewhere",
        REGISTRY,
        {"region": "eu-central-1", "encryption": {"kind": "kms", "key": KEY}},
        ["encryption.key: is in 'eu-west-1', and the repository in 'eu-central-1'; use a key of the same region"],
    ),
    (
        "a key for AES",
        REGISTRY,
        {"encryption": {"kind": "aes256", "key": KEY}},
        ["encryption.key: is not a setting; allowed: kind"],
    ),
    (
        "six exceptions",
        REGISTRY,
        {"tag_mutability": {"exceptions": list("abcdef")}},
        ["tag_mutability.exceptions: takes at most 5 entries (it has 6)"],
    ),
    (
        "an exception of three wildcards",
        REGISTRY,
        {"tag_mutability": {"exceptions": ["a*b*c*"]}},
        ["tag_mutability.exceptions[0]: 'a*b*c*' has 3 wildcards; a filter takes 2"],
    ),
    (
        "an exception for all",
        REGISTRY,
        {"tag_mutability": {"exceptions": ["*"]}},
        ["tag_mutability.exceptions[0]: '*' excepts every tag; set mode to 'mutable' instead"],
    ),
    (
        "an exception twice",
        REGISTRY,
        {"tag_mutability": {"exceptions": ["latest", "latest"]}},
        ["tag_mutability.exceptions[1]: 'latest' is there already; name it once"],
    ),
    (
        "a tag of AWS's",
        REGISTRY,
        {"tags": {"aws:owner": "me"}},
        ["tags['aws:owner']: 'aws:owner' begins with aws:, which AWS keeps for itself; choose another"],
    ),
    (
        "too many tags",
        REGISTRY,
        {"tags": {f"t{i}": "" for i in range(47)}},
        ["tags: has 47 entries; a resource takes 46 beside its own"],
    ),
    (
        "several at once",
        REGISTRY,
        {"region": "mars", "deletion": "destroy", "access": {"pull": ["*"]}},
        [
            "access.pull[0]: '*' is everybody; name accounts, roles or your organization (o-…)",
            "empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion",
            "region: 'mars' is not a region; it looks like 'eu-central-1'",
        ],
    ),
    ("no rules", LIFECYCLE, {"rules": []}, ["rules: needs at least 1 entry (it has 0)"]),
    (
        "51 rules",
        LIFECYCLE,
        {"rules": [{"tag_patterns": [f"v{i}*"], "keep_count": 1} for i in range(51)]},
        ["rules: takes at most 50 entries (it has 51)"],
    ),
    (
        "no count",
        LIFECYCLE,
        {"rules": [{"tag_status": "untagged"}]},
        ["rules[0]: needs one of keep_count, after_days, unpulled_days, archived_days, to say which images it is for"],
    ),
    (
        "two counts",
        LIFECYCLE,
        {"rules": [{"tag_status": "untagged", "keep_count": 1, "after_days": 2}]},
        ["rules[0].after_days: cannot stand beside keep_count; make two rules, or remove one of them"],
    ),
    (
        "no status",
        LIFECYCLE,
        {"rules": [{"keep_count": 1}]},
        ["rules[0].tag_status: is required where no tags are given; say 'untagged', or 'any' if all images are meant"],
    ),
    (
        "tagged without tags",
        LIFECYCLE,
        {"rules": [{"tag_status": "tagged", "keep_count": 1}]},
        ["rules[0].tag_patterns: is required for tag_status 'tagged'; write ['*'] for all tags"],
    ),
    (
        "untagged with tags",
        LIFECYCLE,
        {"rules": [{"tag_status": "untagged", "tag_patterns": ["v*"], "keep_count": 1}]},
        ["rules[0].tag_patterns: is for tagged images, and tag_status is 'untagged'; remove one of them"],
    ),
    (
        "patterns and prefixes",
        LIFECYCLE,
        {"rules": [{"tag_patterns": ["v*"], "tag_prefixes": ["v"], "keep_count": 1}]},
        ["rules[0].tag_prefixes: cannot stand beside tag_patterns; write 'v' as the pattern 'v*'"],
    ),
    (
        "a pattern of five wildcards",
        LIFECYCLE,
        {"rules": [{"tag_patterns": ["a*b*c*d*e*"], "keep_count": 1}]},
        ["rules[0].tag_patterns[0]: 'a*b*c*d*e*' has 5 wildcards; a pattern takes 4"],
    ),
    (
        "a question mark",
        LIFECYCLE,
        {"rules": [{"tag_patterns": ["v?"], "keep_count": 1}]},
        ["rules[0].tag_patterns[0]: 'v?' is not a pattern of tags; use characters of tags, and * for anything"],
    ),
    (
        "a wildcard in a prefix",
        LIFECYCLE,
        {"rules": [{"tag_prefixes": ["v*"], "keep_count": 1}]},
        ["rules[0].tag_prefixes[0]: 'v*' has a wildcard; put it into tag_patterns"],
    ),
    (
        "expired by the last pull",
        LIFECYCLE,
        {"rules": [{"tag_status": "any", "unpulled_days": 30}]},
        [
            "rules[0].unpulled_days: is for action 'transition' alone: ECR deletes nothing by the last pull; archive first, and delete with a second rule of archived_days"
        ],
    ),
    (
        "archived for 30 days",
        LIFECYCLE,
        {"rules": [{"tag_status": "any", "archived_days": 30}]},
        ["rules[0].archived_days: must be at least 90, how long an archived image stays, not 30"],
    ),
    (
        "archived twice",
        LIFECYCLE,
        {"rules": [{"tag_status": "any", "archived_days": 90, "action": "transition"}]},
        ["rules[0].archived_days: is about images that are archived already; set action to 'expire'"],
    ),
    (
        "zero days",
        LIFECYCLE,
        {"rules": [{"tag_status": "any", "after_days": 0}]},
        ["rules[0].after_days: must be at least 1, not 0"],
    ),
    (
        "a priority twice",
        LIFECYCLE,
        {
            "rules": [
                {"tag_status": "untagged", "after_days": 1, "priority": 2},
                {"tag_patterns": ["v*"], "keep_count": 1, "priority": 2},
            ]
        },
        ["rules[1].priority: 2 is that of rules[0]; each has its own"],
    ),
    (
        "any first",
        LIFECYCLE,
        {"rules": [{"tag_status": "any", "keep_count": 9}, {"tag_status": "untagged", "after_days": 1}]},
        ["rules[0]: selects any image and so has to be the last rule; move it to the end"],
    ),
    (
        "untagged twice",
        LIFECYCLE,
        {"rules": [{"tag_status": "untagged", "after_days": 9}, {"tag_status": "untagged", "keep_count": 1}]},
        ["rules[1]: selects untagged images, as rules[0] does; one rule may"],
    ),
    (
        "a prefix twice",
        LIFECYCLE,
        {"rules": [{"tag_prefixes": ["v"], "after_days": 9}, {"tag_prefixes": ["v"], "keep_count": 1}]},
        ["rules[1].tag_prefixes: 'v' is in rules[0] already"],
    ),
    (
        "nothing to set",
        SETTINGS,
        {},
        [
            "says nothing; add one of replicate_from, cache_permissions, scanning, replication, registry_policy_scope, blob_mounting, basic_scan_version, pull_time_exclusions, signing"
        ],
    ),
    (
        "eleven rules",
        SETTINGS,
        {"replication": {f"r{i}": {"region": "eu-west-1", "repositories": [f"team{i}/*"]} for i in range(11)}},
        ["replication: makes 11 rules (one for each set of repositories); ECR takes 10"],
    ),
    (
        "26 destinations",
        SETTINGS,
        {"replication": {f"r{i}": {"region": "eu-west-1", "account": f"{i:012}"} for i in range(26)}},
        ["replication: has 26 destinations; ECR takes 25 over all rules"],
    ),
    (
        "a suffix glob",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "repositories": ["*-prod"]}}},
        [
            "replication.dr.repositories[0]: '*-prod' is not the beginning of names, all that ECR replicates by; write it as 'prefix*'"
        ],
    ),
    (
        "a whole name",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "repositories": ["api"]}}},
        [
            "replication.dr.repositories[0]: 'api' is not the beginning of names, all that ECR replicates by; write it as 'prefix*'"
        ],
    ),
    (
        "all by a glob",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "repositories": ["*"]}}},
        ["replication.dr.repositories[0]: '*' is all of them; leave the list empty"],
    ),
    (
        "a short prefix",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "repositories": ["a*"]}}},
        [
            "replication.dr.repositories[0]: 'a*' does not begin as a repository name does, with at least 2 characters before the *"
        ],
    ),
    (
        "a copy of itself",
        SETTINGS,
        {"region": "eu-west-1", "replication": {"dr": {"region": "eu-west-1"}}},
        ["replication.dr.region: 'eu-west-1' is where the images are; choose another, or another account"],
    ),
    (
        "an account to copy to",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "account": "partner"}}},
        ["replication.dr.account: 'partner' is not an account's id; it has 12 digits"],
    ),
    (
        "zones to copy to",
        SETTINGS,
        {"replication": {"dr": {"region": "eu-west-1", "zone_redundant": True}}},
        ["replication.dr.zone_redundant: is not to be chosen: ECR always spreads over zones; remove it"],
    ),
    (
        "settings of no copies",
        SETTINGS,
        {"blob_mounting": True, "replica_settings": {"tags": {"a": "b"}}},
        ["replica_settings: are for copies, and there are none; add replication, or remove them"],
    ),
    (
        "a key elsewhere than the copies",
        SETTINGS,
        {
            "replication": {"dr": {"region": "eu-north-1"}},
            "replica_settings": {"encryption": {"kind": "kms", "key": KEY}},
        },
        [
            "replica_settings.encryption.key: is in 'eu-west-1', and the repository in 'eu-north-1'; use a key of the same region (destination 'dr')"
        ],
    ),
    (
        "basic and continuous",
        SETTINGS,
        {"scanning": {"kind": "basic", "rules": [{"mode": "continuous"}]}},
        [
            "scanning.rules[0].mode: 'continuous' needs scanning of kind 'enhanced', which Amazon Inspector does and bills"
        ],
    ),
    (
        "enhanced and off",
        SETTINGS,
        {"scanning": {"kind": "enhanced", "rules": [{"mode": "off"}]}},
        [
            "scanning.rules[0].mode: 'off' is not a rule of kind 'enhanced': what no rule names is not scanned; remove it"
        ],
    ),
    (
        "inherited from nowhere",
        SETTINGS,
        {"scanning": {"kind": "basic", "rules": [{"mode": "inherited"}]}},
        ["scanning.rules[0].mode: 'inherited' has nothing to inherit from here; say 'on_push' or 'continuous'"],
    ),
    (
        "a mode twice",
        SETTINGS,
        {"scanning": {"kind": "basic", "rules": [{"repositories": ["a*"]}, {"repositories": ["b*"]}]}},
        ["scanning.rules[1].mode: 'on_push' is in rules[0] already; put all repositories there"],
    ),
    (
        "a filter in capitals",
        SETTINGS,
        {"scanning": {"kind": "basic", "rules": [{"repositories": ["A*"]}]}},
        [
            "scanning.rules[0].repositories[0]: 'A*' is not a filter of repositories; use characters of their names, and * for anything"
        ],
    ),
    (
        "suppressions of nothing",
        SETTINGS,
        {
            "suppressions": {"a": {"repositories": ["a*"], "vulnerability_ids": ["CVE-1"], "reason": "r"}},
            "scanning": {"kind": "basic"},
        },
        ["suppressions: are for findings of Inspector; set scanning to kind 'enhanced', or remove them"],
    ),
    (
        "a suppression by a suffix",
        SETTINGS,
        {
            "suppressions": {"a": {"repositories": ["*a"], "vulnerability_ids": ["CVE-1"], "reason": "r"}},
            "scanning": {"kind": "enhanced"},
        },
        ["suppressions.a.repositories[0]: '*a' is not a name, and not 'prefix*'"],
    ),
    (
        "signing what is cached",
        SETTINGS,
        {"signing": {"profile_arn": PROFILE, "repositories": ["*"], "cached_prefixes": ["docker-hub"]}},
        [
            "signing.repositories[0]: '*' covers the cached repositories docker-hub/*, which signing breaks; name your own alone"
        ],
    ),
    (
        "signing in a cache without prefix",
        SETTINGS,
        {"signing": {"profile_arn": PROFILE, "repositories": ["shop/*"], "cached_prefixes": ["ROOT"]}},
        [
            "signing.cached_prefixes: has ROOT, so that every repository may be a cached one; give the cache a prefix of its own"
        ],
    ),
    (
        "signing without a word of caches",
        SETTINGS,
        {"signing": {"profile_arn": PROFILE, "repositories": ["shop/*"]}},
        ["signing.cached_prefixes: is required but not given; add it"],
    ),
    (
        "a group's pulls",
        SETTINGS,
        {"pull_time_exclusions": {"a": "arn:aws:iam::123456789012:group/x"}},
        [
            "pull_time_exclusions.a: 'arn:aws:iam::123456789012:group/x' is not the ARN of a role or user; it looks like arn:aws:iam::ACCOUNT:role/NAME"
        ],
    ),
    (
        "prefixes of nobody",
        SETTINGS,
        {"blob_mounting": True, "replicate_prefixes": ["shop/"]},
        ["replicate_prefixes: narrows replicate_from, which is empty; add accounts, or remove it"],
    ),
    (
        "Docker Hub without a login",
        CACHE,
        {"caching": {"upstream": "docker.io"}},
        [
            "caching.credentials: are required for docker.io: ECR makes no cache of it without a login; add them, or credential_secret_arn"
        ],
    ),
    (
        "GHCR without a login",
        CACHE,
        {"caching": {"upstream": "ghcr.io"}},
        [
            "caching.credentials: are required for ghcr.io: ECR makes no cache of it without a login; add them, or credential_secret_arn"
        ],
    ),
    (
        "a login for Quay",
        CACHE,
        {"caching": {"upstream": "quay.io", "credentials": LOGIN}},
        ["caching.credentials: is not used: quay.io is read without a login; remove it"],
    ),
    (
        "an upstream that ECR cannot cache",
        CACHE,
        {"caching": {"upstream": "docker.elastic.co"}},
        [
            "caching.upstream: 'docker.elastic.co' is not an upstream of ECR; it caches docker.io, public.ecr.aws, registry.k8s.io, quay.io, ghcr.io, registry.gitlab.com, cgr.dev, NAME.azurecr.io and other ECR registries; for any other host use a DistributionRegistry with proxy"
        ],
    ),
    (
        "a role for Docker Hub",
        CACHE,
        {"caching": {"upstream": "docker.io", "credentials": LOGIN}, "role_arn": ROLE},
        ["role_arn: is for upstreams that are ECR registries, and docker.io is none; remove it"],
    ),
    (
        "two logins",
        CACHE,
        {
            "caching": {"upstream": "docker.io", "credentials": LOGIN},
            "credential_secret_arn": SECRET.replace("hub", "ecr-pullthroughcache/hub"),
        },
        ["credential_secret_arn: cannot stand beside caching.credentials; remove one of them"],
    ),
    (
        "a secret of another name",
        CACHE,
        {"caching": {"upstream": "docker.io"}, "credential_secret_arn": SECRET},
        [
            "credential_secret_arn: is a secret whose name does not begin with 'ecr-pullthroughcache/'; ECR takes no other, so name it like that"
        ],
    ),
    (
        "a name for the secret",
        CACHE,
        {"caching": {"upstream": "docker.io", "credentials": LOGIN}, "secret_name": "hub"},
        ["secret_name: has to begin with 'ecr-pullthroughcache/', or ECR refuses it; write 'ecr-pullthroughcache/hub'"],
    ),
    (
        "a name for no secret",
        CACHE,
        {"secret_name": "ecr-pullthroughcache/hub"},
        ["secret_name: names the secret that caching.credentials make; add them, or remove it"],
    ),
    (
        "no template",
        CACHE,
        {"settings": None},
        [
            "settings: are required: without a template ECR makes cached repositories that nothing is ever deleted from; remove the null for the default, or say 'elsewhere' where another stack has a template for this prefix"
        ],
    ),
    (
        "a template without lifecycle",
        CACHE,
        {"settings": {"tag_mutability": {"mode": "mutable"}}},
        [
            "settings.lifecycle: is required: what is cached stays forever otherwise; add a rule such as expire_untagged(after_days=14)"
        ],
    ),
    (
        "tags that do not move",
        CACHE,
        {"settings": {"lifecycle": {"rules": [{"tag_status": "untagged", "after_days": 1}]}}},
        [
            "settings.tag_mutability: 'immutable' stops the cache from following a tag that moves upstream; set mode to 'mutable'"
        ],
    ),
    (
        "no node",
        CACHE,
        {"nodes": {}},
        [
            "nodes: names no role, so that the first pull of each image fails: nodes need ecr:BatchImportUpstreamImage and ecr:CreateRepository; add their roles, or say 'elsewhere' where `node_policy` is attached by others"
        ],
    ),
    ("nothing said of nodes", CACHE, {"nodes": MISSING}, ["nodes: is required but not given; add it"]),
    (
        "a prefix too long",
        CACHE,
        {"prefix": "x" * 31},
        [
            "prefix: 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx' is not a prefix; use 2 to 30 characters as in a repository name, or ROOT for everything"
        ],
    ),
    (
        "three days to recover",
        CACHE,
        {"recovery_window_days": 3},
        ["recovery_window_days: must be 0 or 7 to 30, not 3"],
    ),
    (
        "an upstream's prefix",
        CACHE,
        {"caching": {"upstream": "quay.io", "upstream_prefix": "Team"}},
        ["caching.upstream_prefix: 'Team' is not a prefix of repositories with 2 to 30 characters"],
    ),
    (
        "not for everybody",
        PUBLIC,
        {"access": {}},
        [
            "access.anonymous_pull: is required: everybody pulls from the public gallery; set it to true, or use EcrRegistry"
        ],
    ),
    (
        "some who pull",
        PUBLIC,
        {"access": {"anonymous_pull": True, "pull": [ROLE]}},
        ["access.pull: is not needed: everybody pulls from the public gallery; remove it"],
    ),
    (
        "another region",
        PUBLIC,
        {"region": "eu-central-1"},
        ["region: 'eu-central-1' has no public gallery: it is managed in us-east-1 alone; remove it"],
    ),
    (
        "an architecture",
        PUBLIC,
        {"catalog": {"architectures": ["arm64"]}},
        ["catalog.architectures[0]: must be one of ARM, ARM 64, x86, x86-64, not 'arm64'"],
    ),
    (
        "a logo",
        PUBLIC,
        {"catalog": {"logo": "not base64!"}},
        ["catalog.logo: is not base64; give a PNG's content so encoded"],
    ),
    (
        "public destroyed without consent",
        PUBLIC,
        {"deletion": "destroy"},
        ["empty_on_delete: is required too to remove images on destroy; set it to true, or remove deletion"],
    ),
    (
        "no VPC",
        ENDPOINTS,
        {"endpoint": {"subnet_ids": ["subnet-1"]}},
        ["endpoint.network_id: is required: give the id of the VPC"],
    ),
    (
        "no route table",
        ENDPOINTS,
        {"route_table_ids": []},
        [
            "route_table_ids: names no route table: layers come from S3, which the nodes then do not reach; add the subnets' tables, or say 'elsewhere' where the VPC has a gateway to S3 already"
        ],
    ),
    (
        "a zone of names",
        ENDPOINTS,
        {"endpoint": {"subnet_ids": ["subnet-1"], "network_id": "vpc-1", "dns_zone_id": "Z1"}},
        ["endpoint.dns_zone_id: is not needed: AWS answers for ECR's own names inside the VPC; remove it"],
    ),
    (
        "a wrong subnet",
        ENDPOINTS,
        {"endpoint": {"subnet_ids": ["net-1"], "network_id": "vpc-1"}},
        ["endpoint.subnet_ids[0]: 'net-1' is not an id; it begins with subnet-"],
    ),
    (
        "China",
        ENDPOINTS,
        {"region": "cn-north-1"},
        ["region: 'cn-north-1' names its services otherwise; make its endpoints with pulumi_aws"],
    ),
    (
        "layers only, elsewhere",
        ENDPOINTS,
        {"route_table_ids": "elsewhere", "layers_only": True},
        ["layers_only: is about the gateway to S3, which is made elsewhere; remove one of them"],
    ),
    (
        "ECR's and Inspector's events",
        EVENTS,
        {"rules": {"a": {"events": ["image-action", "inspector-finding"], "targets": TOPIC}}},
        ["rules.a.events: are ECR's and Inspector's at once, which one pattern cannot tell; make two rules"],
    ),
    (
        "an event that is none",
        EVENTS,
        {"rules": {"a": {"events": ["image-pull"], "targets": TOPIC}}},
        [
            "rules.a.events[0]: must be one of image-action, image-scan, scan-resource-change, replication-action, pull-through-cache-action, referrer-action, artifact-action, inspector-finding, inspector-scan, not 'image-pull'"
        ],
    ),
    (
        "actions of scans",
        EVENTS,
        {"rules": {"a": {"events": ["image-scan"], "actions": ["push"], "targets": TOPIC}}},
        ["rules.a.actions: is not in events of 'image-scan'; make a rule of their own"],
    ),
    (
        "no target",
        EVENTS,
        {"rules": {"a": {"events": ["image-scan"], "targets": {}}}},
        ["rules.a.targets: needs at least 1 entry (it has 0)"],
    ),
    (
        "a target's name",
        EVENTS,
        {"rules": {"a": {"events": ["image-scan"], "targets": {"t": {"arn": "topic"}}}}},
        ["rules.a.targets.t.arn: 'topic' is not an ARN; it looks like arn:aws:sns:REGION:ACCOUNT:NAME"],
    ),
    (
        "a prefix with a slash",
        TEMPLATES,
        {"templates": {"team/": {"applied_for": ["replication"]}}},
        ["templates['team/']: 'team/' ends with /, which ECR adds by itself; remove it"],
    ),
    (
        "a cache's template that keeps tags",
        TEMPLATES,
        {"templates": {"team": {"applied_for": ["pull-through-cache"]}}},
        [
            "templates.team.settings.tag_mutability: 'immutable' stops a cache from following a tag that moves upstream; set mode to 'mutable'"
        ],
    ),
    (
        "Lambda of no account",
        TEMPLATES,
        {
            "templates": {
                "team": {"applied_for": ["replication"], "settings": {"access": {"pull": ["lambda.amazonaws.com"]}}}
            }
        },
        [
            "templates.team.settings.access.pull: 'lambda.amazonaws.com' needs the account for a template; write it into lambda_accounts instead"
        ],
    ),
    ("nothing referenced", REFERENCE, {}, ["repositories: is required, or look_up: name at least one repository"]),
    (
        "a name for an ARN",
        REFERENCE,
        {"repositories": {"api": "shop/api"}},
        [
            "repositories.api: 'shop/api' is not a repository's ARN; it looks like arn:aws:ecr:REGION:ACCOUNT:repository/NAME"
        ],
    ),
]


@pytest.mark.parametrize(("kind", "changes", "mistakes"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_mistakes_are_told_whole(kind: str, changes: dict[str, Any], mistakes: list[str]) -> None:
    said = {key: value for key, value in {**GOOD[kind], **changes}.items() if value is not MISSING}
    with pytest.raises(StackError) as caught:
        getattr(ecr, kind).parse(said)
    count = f"{len(mistakes)} mistake" + ("s" if len(mistakes) > 1 else "")
    assert str(caught.value) == "\n".join([f"{kind} is not valid ({count}):", *(f"  {line}" for line in mistakes)])
    assert "hunter22" not in str(caught.value)


def test_the_table_has_no_row_twice() -> None:
    assert len({row[0] for row in TABLE}) == len(TABLE)


@pytest.mark.parametrize("kind", [kind for kind, said in GOOD.items() if said])
def test_what_the_rows_change_is_right_in_itself(kind: str) -> None:
    getattr(ecr, kind).parse(GOOD[kind])


def test_several_patterns_of_one_rule_are_refused_where_any_is_meant() -> None:
    with pytest.raises(StackError) as caught:
        ecr.keep_latest(3, tags=["v*", "release-*"])
    assert str(caught.value) == (
        "keep_latest is not valid (1 mistake):\n"
        "  tags: takes one pattern: ECR takes several as 'all of them'; write one keep_latest for each"
    )
