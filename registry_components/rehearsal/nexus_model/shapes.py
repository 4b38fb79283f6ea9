"""What Nexus takes in its requests, by the models of its OpenAPI document of 3.90."""

from __future__ import annotations

from typing import Final

from .base import NAME, ListOf, Of, Shape, TextMap

_TEXT, _FLAG, _WHOLE = Of(str), Of(bool), Of(int)
_NAMED = Of(str, pattern=NAME)

SOFT_QUOTA: Final = Shape({"type": Of(str, ("spaceRemainingQuota", "spaceUsedQuota")), "limit": Of(int, least=0)})
FILE_CREATE: Final = Shape({"name": _TEXT, "path": _TEXT, "softQuota": SOFT_QUOTA}, ("name", "path"))
FILE_UPDATE: Final = Shape({"path": _TEXT, "softQuota": SOFT_QUOTA}, ("path",))
S3: Final = Shape(
    {
        "name": _TEXT,
        "type": _TEXT,
        "softQuota": SOFT_QUOTA,
        "bucketConfiguration": Shape(
            {
                "bucket": Shape({"name": _TEXT, "prefix": _TEXT, "region": _TEXT}, ("name", "region")),
                "bucketSecurity": Shape(
                    {"accessKeyId": _TEXT, "secretAccessKey": _TEXT, "role": _TEXT, "sessionToken": _TEXT}
                ),
                "encryption": Shape(
                    {
                        "encryptionKey": _TEXT,
                        "encryptionType": Of(str, ("s3ManagedEncryption", "kmsManagedEncryption")),
                    }
                ),
                "advancedBucketConnection": Shape(
                    {
                        "endpoint": _TEXT,
                        "forcePathStyle": _FLAG,
                        "maxConnectionPoolSize": _WHOLE,
                        "signerType": _TEXT,
                    }
                ),
                "preSignedUrlEnabled": _FLAG,
                "failoverBuckets": ListOf(Shape({"bucketName": _TEXT, "region": _TEXT})),
                "activeRegion": _TEXT,
            },
            ("bucket",),
            frozenset({"activeRegion"}),
        ),
    },
    ("name", "bucketConfiguration"),
    frozenset({"type"}),
)
AZURE: Final = Shape(
    {
        "name": _TEXT,
        "softQuota": SOFT_QUOTA,
        "bucketConfiguration": Shape(
            {
                "accountName": _TEXT,
                "containerName": Of(str, pattern="[a-z0-9][a-z0-9-]{2,62}"),
                "authentication": Shape(
                    {
                        "authenticationMethod": Of(str, ("ACCOUNTKEY", "MANAGEDIDENTITY", "ENVIRONMENTVARIABLE")),
                        "accountKey": _TEXT,
                    },
                    ("authenticationMethod",),
                ),
            },
            ("accountName", "authentication", "containerName"),
        ),
    },
    ("name", "bucketConfiguration"),
)
GOOGLE: Final = Shape(
    {
        "name": _TEXT,
        "type": _TEXT,
        "softQuota": SOFT_QUOTA,
        "bucketConfiguration": Shape(
            {
                "bucket": Shape({"name": _TEXT, "prefix": _TEXT, "projectId": _TEXT, "region": _TEXT}, ("name",)),
                "bucketSecurity": Shape(
                    {
                        "authenticationMethod": Of(str, ("applicationDefault", "accountKey")),
                        "accountKey": _TEXT,
                    },
                    ("authenticationMethod",),
                ),
                "encryption": Shape(
                    {"encryptionKey": _TEXT, "encryptionType": Of(str, ("default", "kmsManagedEncryption"))}
                ),
            },
            ("bucket",),
        ),
    },
    ("name", "bucketConfiguration"),
    frozenset({"type"}),
)

_DOCKER: Final = Shape(
    {
        "forceBasicAuth": _FLAG,
        "v1Enabled": _FLAG,
        "pathEnabled": _FLAG,
        "httpPort": Of(int, least=1, most=65535),
        "httpsPort": Of(int, least=1, most=65535),
        "subdomain": _TEXT,
    },
    ("forceBasicAuth", "v1Enabled"),
)
_CLEANUP: Final = Shape({"policyNames": ListOf()})
_STORAGE: Final = Shape(
    {"blobStoreName": _TEXT, "strictContentTypeValidation": _FLAG},
    ("blobStoreName", "strictContentTypeValidation"),
)
HOSTED: Final = Shape(
    {
        "name": _NAMED,
        "online": _FLAG,
        "storage": Shape(
            {
                "blobStoreName": _TEXT,
                "strictContentTypeValidation": _FLAG,
                "writePolicy": Of(str, ("allow", "allow_once", "deny")),
                "latestPolicy": _FLAG,
            },
            ("blobStoreName", "strictContentTypeValidation", "writePolicy"),
        ),
        "cleanup": _CLEANUP,
        "component": Shape({"proprietaryComponents": _FLAG}),
        "docker": _DOCKER,
    },
    ("name", "online", "storage", "docker"),
)
PROXY: Final = Shape(
    {
        "name": _NAMED,
        "online": _FLAG,
        "storage": _STORAGE,
        "cleanup": _CLEANUP,
        "docker": _DOCKER,
        "dockerProxy": Shape(
            {
                "indexType": Of(str, ("HUB", "REGISTRY", "CUSTOM")),
                "indexUrl": _TEXT,
                "cacheForeignLayers": _FLAG,
                "foreignLayerUrlWhitelist": ListOf(),
            }
        ),
        "proxy": Shape(
            {"remoteUrl": _TEXT, "contentMaxAge": Of(int, least=-1), "metadataMaxAge": Of(int, least=-1)},
            ("contentMaxAge", "metadataMaxAge"),
        ),
        "negativeCache": Shape({"enabled": _FLAG, "timeToLive": _WHOLE}, ("enabled", "timeToLive")),
        "httpClient": Shape(
            {
                "blocked": _FLAG,
                "autoBlock": _FLAG,
                "connection": Shape(
                    {
                        "retries": Of(int, least=0, most=10),
                        "timeout": Of(int, least=1, most=3600),
                        "userAgentSuffix": _TEXT,
                        "enableCircularRedirects": _FLAG,
                        "enableCookies": _FLAG,
                        "useTrustStore": _FLAG,
                    }
                ),
                "authentication": Shape(
                    {
                        "type": Of(str, ("username", "ntlm", "bearerToken")),
                        "username": _TEXT,
                        "password": _TEXT,
                        "bearerToken": _TEXT,
                        "ntlmHost": _TEXT,
                        "ntlmDomain": _TEXT,
                        "preemptive": _FLAG,
                    }
                ),
            },
            ("autoBlock", "blocked"),
        ),
        "replication": Shape({"preemptivePullEnabled": _FLAG, "assetPathRegex": _TEXT}, ("preemptivePullEnabled",)),
        "routingRule": _TEXT,
    },
    ("docker", "dockerProxy", "httpClient", "name", "negativeCache", "online", "proxy", "storage"),
)
GROUP: Final = Shape(
    {
        "name": _NAMED,
        "online": _FLAG,
        "storage": _STORAGE,
        "docker": _DOCKER,
        "group": Shape({"memberNames": ListOf(), "writableMember": _TEXT}),
    },
    ("docker", "group", "name", "online", "storage"),
)
REPOSITORIES: Final = {"hosted": HOSTED, "proxy": PROXY, "group": GROUP}

CLEANUP_POLICY: Final = Shape(
    {
        "name": _NAMED,
        "format": _TEXT,
        "notes": _TEXT,
        "criteriaLastBlobUpdated": _WHOLE,
        "criteriaLastDownloaded": _WHOLE,
        "criteriaReleaseType": Of(str, ("RELEASES", "PRERELEASES", "RELEASES_AND_PRERELEASES")),
        "criteriaAssetRegex": _TEXT,
        "retain": Of(int, least=1),
    },
    ("name", "format"),
)
ROUTING_RULE: Final = Shape(
    {"name": _NAMED, "description": _TEXT, "mode": Of(str, ("BLOCK", "ALLOW")), "matchers": ListOf()},
    ("name", "mode", "matchers"),
)
SELECTOR_CREATE: Final = Shape({"name": _NAMED, "description": _TEXT, "expression": _TEXT}, ("name", "expression"))
SELECTOR_UPDATE: Final = Shape({"description": _TEXT, "expression": _TEXT}, ("expression",))
PRIVILEGE: Final = Shape(
    {
        "name": _NAMED,
        "description": _TEXT,
        "actions": ListOf(
            Of(
                str,
                ("READ", "BROWSE", "EDIT", "ADD", "DELETE", "RUN", "START", "STOP", "ASSOCIATE", "DISASSOCIATE", "ALL"),
            )
        ),
        "format": _TEXT,
        "repository": _TEXT,
        "contentSelector": _TEXT,
    },
    ("name", "actions", "format", "repository", "contentSelector"),
)
ROLE: Final = Shape(
    {
        "id": _TEXT,
        "name": _TEXT,
        "description": _TEXT,
        "privileges": ListOf(unique=True),
        "roles": ListOf(unique=True),
    },
    ("id", "name"),
)
_USER = {
    "userId": _TEXT,
    "firstName": _TEXT,
    "lastName": _TEXT,
    "emailAddress": _TEXT,
    "status": Of(str, ("active", "locked", "disabled", "changepassword")),
    "roles": ListOf(unique=True),
}
_USER_REQUIRED = ("userId", "firstName", "lastName", "emailAddress", "status", "roles")
USER_CREATE: Final = Shape({**_USER, "password": _TEXT}, (*_USER_REQUIRED, "password"))
USER_UPDATE: Final = Shape(
    {**_USER, "source": _TEXT, "readOnly": _FLAG, "externalRoles": ListOf(unique=True)}, (*_USER_REQUIRED, "source")
)
TASK: Final = Shape(
    {
        "name": _TEXT,
        "type": _TEXT,
        "enabled": _FLAG,
        "alertEmail": _TEXT,
        "notificationCondition": Of(str, ("FAILURE", "SUCCESS_FAILURE")),
        "frequency": Shape(
            {
                "schedule": Of(str, ("manual", "once", "hourly", "daily", "weekly", "monthly", "cron")),
                "startDate": _WHOLE,
                "timeZoneOffset": _TEXT,
                "recurringDays": ListOf(_WHOLE),
                "cronExpression": _TEXT,
            },
            ("schedule",),
        ),
        "properties": TextMap(),
    },
    ("name", "type", "enabled", "notificationCondition", "frequency"),
)
TASK_PROPERTIES: Final = {
    "repository.docker.gc": ("repositoryName", "deployOffset"),
    "repository.docker.upload-purge": ("age",),
    "repository.purge-unused": ("repositoryName", "lastUsed"),
    "blobstore.compact": ("blobstoreName", "blobsOlderThan"),
}
ANONYMOUS: Final = Shape({"enabled": _FLAG, "userId": _TEXT, "realmName": _TEXT}, ("enabled",))
EULA_STATUS: Final = Shape({"accepted": _FLAG, "disclaimer": _TEXT}, ("accepted", "disclaimer"))
REALMS: Final = ListOf(unique=True)
KNOWN_REALMS: Final = frozenset(
    {"NexusAuthenticatingRealm", "DockerToken", "LdapRealm", "NpmToken", "NuGetApiKey", "ConanToken", "rutauth-realm"}
)
PRO_REALMS: Final = frozenset({"SamlRealm", "User-Token-Realm", "Crowd"})
