// What speaks against publishing, and what to do about each.
import { useSignal } from '@preact/signals'
import type { Schemas } from '../../shared/api'
import { Badge, Button } from '../../shared/parts/basic'
import { ReasonDialog } from '../../shared/parts/reason_dialog'
import { t } from '../../shared/texts'

type Finding = Schemas['Finding']

interface FindingsProps {
  findings: Finding[]
  overrides: Record<string, string>
  item: string
  onCoarsen: () => void
  onRewrite: (finding: Finding) => void
  onOverride: (fingerprint: string, reason: string | null) => void // null: taken back
}

export function Findings({ findings, overrides, item, onCoarsen, onRewrite, onOverride }: FindingsProps) {
  const overriding = useSignal<Finding | null>(null)
  if (findings.length === 0) return <p class="fine">{t('finding.none')}</p>
  return (
    <>
      <ol class="findings">
        {findings.map((finding) => {
          const reason = overrides[finding.fingerprint]
          const blocks = finding.severity === 'block'
          return (
            <li key={finding.fingerprint} id={`finding-${finding.fingerprint}`} tabIndex={-1} class={`finding finding--${reason ? 'settled' : finding.severity}`}>
              <div class="finding__top">
                <Badge tone={reason ? 'success' : blocks ? 'danger' : 'warning'}>{t(reason ? 'finding.settled' : `finding.${finding.severity}`)}</Badge>
                <strong>{t(`finding.kind.${finding.kind}`)}</strong>
              </div>
              <p><q>{finding.excerpt}</q></p>
              <p class="hint">{reason ? t('finding.reason_given', { reason }) : t(`finding.advice.${finding.kind}`)}</p>
              {reason && <div class="actions"><Button kind="tertiary" onClick={() => onOverride(finding.fingerprint, null)}>{t('finding.take_back')}</Button></div>}
              {!reason && (
                <div class="actions">
                  {finding.suggestion !== null && (
                    <Button icon="check" onClick={onCoarsen}>{t('finding.coarsen', { region: finding.suggestion })}</Button>
                  )}
                  {finding.field !== 'municipality' && <Button icon="edit" onClick={() => onRewrite(finding)}>{t('finding.rewrite')}</Button>}
                  {blocks && <Button kind="tertiary" onClick={() => { overriding.value = finding }}>{t('finding.override')}</Button>}
                </div>
              )}
            </li>
          )
        })}
      </ol>
      {overriding.value && (
        <ReasonDialog title={t('finding.override_title', { excerpt: overriding.value.excerpt })} text={t('finding.override_text')} label={t('finding.override_reason')} required
          submit={t('finding.override')} draft={`${item}.${overriding.value.fingerprint}`}
          act={async (reason) => onOverride(overriding.value!.fingerprint, reason!)} onClose={() => { overriding.value = null }} />
      )}
    </>
  )
}
