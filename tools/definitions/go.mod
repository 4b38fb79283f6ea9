// Definitions of other vendors' objects in Kubernetes, which tests hold ours against; nothing is built of them.
module registry-components/tools/definitions

go 1.26.0

require (
	github.com/cert-manager/cert-manager v1.19.1
	github.com/external-secrets/external-secrets v0.20.4
	github.com/prometheus-operator/prometheus-operator v0.85.0
	sigs.k8s.io/gateway-api v1.4.1
)
