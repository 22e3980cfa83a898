{{- define "ocrmesh.isAutoscaled" -}}
{{- $scaling := (get .root.Values .name).autoscaling -}}
{{- if or $scaling.enabled (dig "keda" "enabled" false $scaling) }}true{{ end -}}
{{- end -}}

{{/* Slowly down: a pod that goes gives its pages back. */}}
{{- define "ocrmesh.scaleDown" -}}
scaleDown:
  stabilizationWindowSeconds: 300
  policies:
    - {type: Pods, value: 1, periodSeconds: 60}
{{- end -}}

{{- define "ocrmesh.hpa" -}}
{{- $scaling := (get .root.Values .name).autoscaling -}}
{{- if $scaling.enabled -}}
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  {{- include "ocrmesh.metadata" . | nindent 2 }}
spec:
  scaleTargetRef:
    apiVersion: apps/v1
    kind: Deployment
    name: {{ include "ocrmesh.name" . }}
  minReplicas: {{ $scaling.minReplicas }}
  maxReplicas: {{ $scaling.maxReplicas }}
  metrics:
    {{- if $scaling.queueMetric }}
    - type: External
      external:
        metric:
          name: {{ $scaling.queueMetric }}
        target: {type: AverageValue, averageValue: {{ $scaling.pagesPerReplica | quote }}}
    {{- else }}
    - type: Resource
      resource:
        name: cpu
        target: {type: Utilization, averageUtilization: {{ $scaling.targetCPUPercent }}}
    {{- end }}
  behavior:
    {{- include "ocrmesh.scaleDown" . | nindent 4 }}
{{- end -}}
{{- end -}}
