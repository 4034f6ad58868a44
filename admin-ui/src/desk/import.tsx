// A CSV file in three steps: choose it, see what would happen to each row, import.
import { effect, signal, useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { call, type Problem, type Schemas } from '../shared/api'
import { download } from '../shared/download'
import { useAction } from '../shared/load'
import { Alert, Badge, Button, LinkButton, ProblemAlert, type Tone } from '../shared/parts/basic'
import { CheckField, RadioGroup } from '../shared/parts/field'
import { useOwnId } from '../shared/parts/id'
import { Page, Section } from '../shared/parts/page'
import { place, setQuery } from '../shared/router'
import { announce } from '../shared/say'
import { user } from '../shared/session'
import { t, tn } from '../shared/texts'
import { fileErrors, report, rowErrorText, template } from './import_words'

type ImportResult = Schemas['Import']
type Row = Schemas['ImportRow']

const tones: Record<Row['action'], Tone | undefined> = { create: 'success', update: 'info', unchanged: undefined, error: 'danger' }
const delimiters = { ',': 'comma', ';': 'semicolon', '\t': 'tab' } as const
const actions: readonly Row['action'][] = ['create', 'update', 'unchanged', 'error']

function Rows({ kind, rows }: { kind: ImportResult['kind']; rows: Row[] }) {
  const onlyErrors = useSignal(false)
  const shown = onlyErrors.value ? rows.filter((row) => row.action === 'error') : rows
  return (
    <>
      {rows.some((row) => row.action === 'error') && <CheckField label={t('import.only_errors')} checked={onlyErrors.value} onChecked={(on) => { onlyErrors.value = on }} />}
      <div class="table-scroll" tabIndex={0} role="region" aria-label={t('import.rows')}>
        <table class="table table--stack">
          <thead>
            <tr>{(['line', 'what', 'organisation', 'title'] as const).map((name) => <th scope="col" key={name}>{t(`import.column_${name}`)}</th>)}</tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr key={row.line}>
                <td>{row.line}</td>
                <td><Badge tone={tones[row.action]}>{t(`import.row_${row.action}`)}</Badge></td>
                <td>{row.organisation}</td>
                <td>
                  {row.title}
                  {row.errors.map((error, index) => (
                    <p class="cell-error" key={index}>{error.column && <strong>{error.column}: </strong>}{rowErrorText(kind, error)}</p>
                  ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

function Report({ result }: { result: ImportResult }) {
  return <Button icon="download" onClick={() => download(`Import-${result.created_at.slice(0, 10)}.csv`, report(result))}>{t('import.report')}</Button>
}

/** The file as a whole cannot be imported: what it lacks. */
function FileProblem({ kind, problem }: { kind: ImportResult['kind']; problem: Problem | null }) {
  const sentences = fileErrors(kind, problem?.errors ?? [])
  if (sentences.length === 0) return <ProblemAlert problem={problem} />
  return <Alert tone="danger" title={t('import.not_taken')} live>{sentences.map((sentence) => <p key={sentence}>{sentence}</p>)}</Alert>
}

function Counts({ counts, done }: { counts: Schemas['ImportCounts']; done: boolean }) {
  return (
    <ul class="figures">
      {actions.map((action) => (
        <li key={action}><strong>{counts[action]}</strong> {t(done ? `import.done_${action}` : `import.count_${action}`)}</li>
      ))}
    </ul>
  )
}

function Checked({ result, onResult, onAgain }: { result: ImportResult; onResult: (result: ImportResult) => void; onAgain: () => void }) {
  const { busy, problem, run } = useAction()
  const { counts } = result
  const good = counts.create + counts.update
  const apply = (skip_bad: boolean) =>
    run(async () => {
      onResult(await call('post', '/api/v1/imports/{id}/apply', { path: { id: result.id }, body: { skip_bad } }))
      announce(t('import.done'))
    })
  return (
    <Section title={t('import.preview')} arrive>
      <p class="muted">{t('import.read_as', { encoding: result.encoding, delimiter: t(`import.${delimiters[result.delimiter]}`) })}</p>
      {result.ignored.length > 0 && <p>{t('import.ignored', { columns: result.ignored.join(', ') })}</p>}
      <Counts counts={counts} done={false} />
      <ProblemAlert problem={problem.value} />
      <div class="actions">
        {counts.error === 0 && good > 0 && <Button kind="primary" busy={busy.value} onClick={() => void apply(false)}>{tn('import.all', good)}</Button>}
        {counts.error > 0 && good > 0 && <Button kind="primary" busy={busy.value} onClick={() => void apply(true)}>{tn('import.good', good)}</Button>}
        <Button onClick={onAgain}>{t('import.other_file')}</Button>
        <Report result={result} />
      </div>
      {counts.error > 0 && <p class="hint">{tn('import.errors_hint', counts.error)}</p>}
      {good === 0 && counts.error === 0 && <p>{t('import.nothing_new')}</p>}
      <Rows kind={result.kind} rows={result.rows} />
    </Section>
  )
}

function Done({ result, onAgain }: { result: ImportResult; onAgain: () => void }) {
  return (
    <>
      <Alert tone="success" title={t('import.done')}>{result.applied && <Counts counts={result.applied} done />}</Alert>
      <div class="actions">
        <LinkButton kind="primary" href={`/${result.kind}`}>{t(`import.see_${result.kind}`)}</LinkButton>
        <Report result={result} />
        <Button onClick={onAgain}>{t('import.other_file')}</Button>
      </div>
    </>
  )
}

// No browser keeps a file that was chosen: it waits here while the same person signs in again.
const kind = signal<Schemas['ImportKind']>('proposals')
const file = signal<File | null>(null)
let whose: string | undefined
effect(() => {
  const id = user.value?.id
  if (id && id !== whose) file.value = null
  whose = id ?? whose
})

export function Import() {
  const result = useSignal<ImportResult | null>(null)
  const missing = useSignal(false)
  const { busy, problem, run } = useAction()
  const id = useOwnId()
  const checked = place.value.query.get('id')
  useEffect(() => {
    if (checked) void run(async () => { result.value = await call('get', '/api/v1/imports/{id}', { path: { id: checked } }) })
  }, [])
  const check = () => {
    missing.value = file.value === null
    if (file.value === null) return void document.getElementById(id)?.focus()
    void run(async () => {
      result.value = await call('post', '/api/v1/imports', { query: { kind: kind.value }, body: file.value as never })
      setQuery({ id: result.value.id })
      announce(tn('import.checked', result.value.rows.length))
    })
  }
  const again = () => {
    result.value = null
    file.value = null
    setQuery({})
  }
  return (
    <Page title={t('import.title')} lead={t('import.lead')}>
      {result.value === null ? (
        <form class="form" noValidate onSubmit={(event) => { event.preventDefault(); check() }}>
          <RadioGroup legend={t('import.kind')} value={kind.value} onValue={(value) => { kind.value = value as Schemas['ImportKind'] }} choices={[['proposals', t('import.kind_proposals')], ['offers', t('import.kind_offers')]]} />
          <div class="kern-form-input">
            <span class="kern-label">{t('import.file')}</span>
            <div class="hint" id={`${id}-hint`}>{t('import.file_hint')}</div>
            <div class="file">
              <input id={id} class="kern-sr-only" type="file" accept=".csv,text/csv" aria-describedby={missing.value ? `${id}-hint ${id}-error` : `${id}-hint`}
                aria-invalid={missing.value} onChange={(event) => { file.value = event.currentTarget.files?.[0] ?? null }} />
              <label class="kern-btn kern-btn--secondary" for={id}><span class="kern-label">{t('import.choose')}</span></label>
              <span aria-live="polite">{file.value?.name ?? t('import.no_file')}</span>
            </div>
            {missing.value && <p class="kern-error" id={`${id}-error`}><span class="kern-body">{t('import.file_missing')}</span></p>}
          </div>
          <FileProblem kind={kind.value} problem={problem.value} />
          <div class="actions">
            <Button type="submit" kind="primary" busy={busy.value}>{t('import.check')}</Button>
            <Button kind="tertiary" icon="download" onClick={() => download(`${t(`import.kind_${kind.value}`)}.csv`, template(kind.value))}>{t('import.template')}</Button>
          </div>
          <p class="hint">{t('import.safe')}</p>
        </form>
      ) : result.value.applied_at ? (
        <Done result={result.value} onAgain={again} />
      ) : (
        <Checked result={result.value} onResult={(next) => { result.value = next }} onAgain={again} />
      )}
    </Page>
  )
}
