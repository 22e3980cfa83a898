{{- define "ocrmesh.pdb" -}}
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  {{- include "ocrmesh.metadata" . | nindent 2 }}
spec:
  maxUnavailable: {{ (get .root.Values .name).maxUnavailable }}
  # A pod that is not ready serves nobody, so that it may go.
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "ocrmesh.selector" . | nindent 6 }}
{{- end -}}
