// The public wording, looked over by the node while it is being written.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { call, Problem, type Schemas } from '../../shared/api'
import { useDraft } from '../../shared/draft'
import { useAction } from '../../shared/load'
import { Alert, Button, Loading, ProblemAlert } from '../../shared/parts/basic'
import { AreaField, CheckField, TextField } from '../../shared/parts/field'
import { fieldErrors } from '../../shared/parts/form'
import { announce, notify } from '../../shared/say'
import { locale, t, tn } from '../../shared/texts'
import { Findings } from './findings'
import { OfficesNote } from './offices_note'
import { PublicView } from './public_view'
import type { Publishing } from './publishing'

type Preview = Schemas['Preview']
type Finding = Schemas['Finding']

interface Wording {
  title: string
  text: string
  coarsen: boolean
  overrides: Record<string, string> // reason by fingerprint
}

function wordingOf({ item, publication }: Publishing): Wording {
  const before = publication.public
  return { title: before?.title ?? item.title, text: before?.text ?? item.text, coarsen: publication.coarsened, overrides: {} }
}

const bodyOf = ({ title, text, coarsen }: Wording, item: Publishing['item']) => ({ title: title.trim(), text: text.trim(), language: item.language, coarsen })

const NAMED = 6

/** «Geht an Arnhem und Metz.», or how many where they are too many to read. */
function recipientsText(recipients: Preview['recipients']): string {
  const cities = recipients.filter(({ role }) => role === 'city')
  if (cities.length === 0) return t('publication.no_recipients')
  const names = new Intl.ListFormat(locale()).format(cities.map(({ name }) => name))
  return cities.length > NAMED ? tn('publication.recipients', cities.length) : t('publication.recipients_named', { names })
}

export function Prepare({ noun, item, publication, onChanged }: Publishing & { onChanged: () => void }) {
  const draft = useDraft<Wording>(`publication.${item.id}`, wordingOf({ noun, item, publication }))
  const preview = useSignal<Preview | null>(null)
  const trouble = useSignal<Problem | null>(null)
  const turn = useRef(0)
  const publishing = useAction()
  const wording = draft.values.value
  const errors = fieldErrors(trouble.value)
  const path = { id: item.id }

  const look = async () => {
    const mine = ++turn.current
    try {
      const seen = await call('post', `/api/v1/${noun.plural}/{id}/publication/preview`, { path, body: bodyOf(draft.values.peek(), item) })
      if (mine !== turn.current) return
      if (seen.findings.length !== preview.value?.findings.length) announce(tn('finding.count', seen.findings.length))
      preview.value = seen
      trouble.value = null
    } catch (error) {
      if (mine !== turn.current || !(error instanceof Problem)) return
      trouble.value = error
      if (error.errors.length > 0) preview.value = null // it was of another wording
    }
  }
  const wanted = JSON.stringify(bodyOf(wording, item))
  useEffect(() => {
    const timer = setTimeout(() => void look(), preview.value ? 500 : 0)
    return () => clearTimeout(timer)
  }, [wanted, item.version])

  // What blocks comes first.
  const findings = [...(preview.value?.findings ?? [])].sort((one, other) => one.severity.localeCompare(other.severity))
  const open = findings.filter((finding) => finding.severity === 'block' && !wording.overrides[finding.fingerprint])
  const publish = async () => {
    const seen = preview.value
    if (!seen) return
    if (open.length > 0) {
      document.getElementById(`finding-${open[0]!.fingerprint}`)?.focus()
      announce(tn('finding.open', open.length))
      return
    }
    const overrides = findings.flatMap(({ fingerprint }) => {
      const reason = wording.overrides[fingerprint]
      return reason ? [{ fingerprint, reason }] : []
    })
    const done = await publishing.run(async () => {
      await call('put', `/api/v1/${noun.plural}/{id}/publication`, { path, body: { ...bodyOf(wording, item), digest: seen.digest, overrides } })
      draft.done()
      notify(t('publication.done'))
      onChanged()
    })
    if (!done) void look()
  }
  const rewrite = (finding: Finding) => {
    const field = document.getElementById(`field-public_${finding.field}`) as HTMLTextAreaElement | null
    const points = Array.from(field?.value ?? '')
    const units = (count: number) => points.slice(0, count).join('').length
    field?.focus()
    field?.setSelectionRange(units(finding.start), units(finding.end))
  }
  const override = (fingerprint: string, reason: string | null) => {
    const { [fingerprint]: _before, ...others } = wording.overrides
    draft.set({ overrides: reason === null ? others : { ...others, [fingerprint]: reason } })
  }
  return (
    <div class="columns columns--even">
      <div class="columns__main">
        <h3>{t('publication.wording')}</h3>
        <p class="hint">{t('publication.wording_hint')}</p>
        {draft.restored.value && (
          <Alert tone="info" title={t('form.restored')}>
            <div><Button onClick={() => draft.reset(wordingOf({ noun, item, publication }))}>{t('form.discard')}</Button></div>
          </Alert>
        )}
        <TextField name="public_title" label={t('field.title')} maxLength={200} lang={item.language} value={wording.title} error={errors.title} onValue={(title) => draft.set({ title })} />
        <AreaField name="public_text" label={t('field.public_text')} maxLength={4000} rows={8} lang={item.language} value={wording.text} error={errors.text} onValue={(text) => draft.set({ text })} />
        {(preview.value?.region || wording.coarsen) && <CheckField label={t('publication.coarsen')} checked={wording.coarsen} onChecked={(coarsen) => draft.set({ coarsen })} />}
        <ProblemAlert problem={trouble.value?.errors.length ? null : trouble.value} retry={() => void look()} />
        {preview.value ? (
          <>
            <h3>{t('publication.seen_as')}</h3>
            <PublicView entry={preview.value.entry} findings={findings} level={4} />
            <details class="exact">
              <summary>{t('publication.exact')}</summary>
              <p class="hint">{t('publication.exact_hint')}</p>
              <pre tabIndex={0} aria-label={t('publication.exact')}>{preview.value.line}</pre>
            </details>
          </>
        ) : (
          !trouble.value && <Loading />
        )}
      </div>
      {preview.value && (
        <div class="columns__side">
          <h3>{t('finding.title')}</h3>
          {open.length > 0 && <p class="publish__open">{tn('finding.open', open.length)}</p>}
          <Findings findings={findings} overrides={wording.overrides} item={item.id} onCoarsen={() => draft.set({ coarsen: true })} onRewrite={rewrite}
            onOverride={override} />
          <div class="publish">
            <p>{recipientsText(preview.value.recipients)}</p>
            <OfficesNote receivers={preview.value.recipients} />
            {open.length > 0 && <p class="publish__open">{tn('finding.open', open.length)}</p>}
            <ProblemAlert problem={publishing.problem.value} />
            <Button kind="primary" busy={publishing.busy.value} onClick={() => void publish()}>
              {t(publication.state === 'published' ? 'publication.publish_again' : 'publication.publish')}
            </Button>
          </div>
        </div>
      )}
    </div>
  )
}
