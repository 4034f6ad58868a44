// Asks for a reason (required or not) and does one thing with it. What was typed stays when it fails.
import type { ComponentChildren } from 'preact'
import { useDraft } from '../draft'
import { useAction } from '../load'
import { t } from '../texts'
import { Dialog } from './dialog'
import { AreaField } from './field'

interface ReasonDialogProps {
  title: string
  text?: ComponentChildren
  label: string
  hint?: string
  required: boolean
  submit: string
  draft: string // where the text is kept until it is sent
  act: (reason: string | null) => Promise<void>
  onClose: () => void
}

export function ReasonDialog({ title, text, label, hint, required, submit, draft: key, act, onClose }: ReasonDialogProps) {
  const draft = useDraft(`reason.${key}`, { reason: '', asked: false })
  const { busy, problem, run } = useAction()
  const reason = draft.values.value.reason.trim()
  const missing = required && reason === '' && draft.values.value.asked

  const send = async () => {
    if (required && reason === '') {
      draft.set({ asked: true })
      document.getElementById('field-reason')?.focus()
      return
    }
    if (await run(() => act(reason === '' ? null : reason))) {
      draft.done()
      onClose()
    }
  }
  return (
    <Dialog title={title} submit={submit} busy={busy.value} problem={problem.value} onSubmit={() => void send()} onClose={onClose}>
      {text && <div>{text}</div>}
      <AreaField name="reason" label={label} hint={hint} optional={!required} maxLength={1000} rows={4} value={draft.values.value.reason}
        error={missing ? t('error.missing') : undefined} onValue={(value) => draft.set({ reason: value })} />
    </Dialog>
  )
}
