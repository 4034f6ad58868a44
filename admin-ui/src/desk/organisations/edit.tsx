import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useDraft } from '../../shared/draft'
import { useAction, useLoad } from '../../shared/load'
import { AreaField, RadioGroup, TextField } from '../../shared/parts/field'
import { Conflict, fieldErrors, Form } from '../../shared/parts/form'
import { Shown } from '../../shared/parts/list'
import { Page } from '../../shared/parts/page'
import { navigate } from '../../shared/router'
import { notify } from '../../shared/say'
import { node } from '../../shared/session'
import { t } from '../../shared/texts'
import { sectors, type Sector } from './quick'

type Organisation = Schemas['Organisation']

interface Values {
  version: number
  name: string
  sector: Sector
  kind: string
  municipality: string
  website: string
  note: string
}

const blank = (): Values => ({ version: 0, name: '', sector: 'civil_society', kind: '', municipality: node.value?.name ?? '', website: '', note: '' })

const valuesOf = ({ version, name, sector, kind, municipality, website, note }: Organisation): Values => ({
  version, name, sector, kind: kind ?? '', municipality: municipality ?? '', website: website ?? '', note: note ?? '',
})

const bodyOf = ({ name, sector, kind, municipality, website, note }: Values) => ({
  name: name.trim(), sector, kind: kind.trim() || null, municipality: municipality.trim() || null, website: website.trim() || null, note: note.trim() || null,
})

const texts = ['name', 'kind', 'municipality', 'website', 'note'] as const

function OrganisationForm({ organisation }: { organisation: Organisation | null }) {
  const start = () => (organisation ? valuesOf(organisation) : blank())
  const draft = useDraft<Values>(`organisations.${organisation?.id ?? 'new'}`, start())
  const theirs = useSignal<Organisation | null>(null)
  const { busy, problem, run } = useAction()
  const values = draft.values.value
  const errors = fieldErrors(problem.value)
  const labels: Record<(typeof texts)[number] | 'sector', string> = {
    name: t('field.organisation_name'), sector: t('field.sector'), kind: t('field.kind'), municipality: t('field.municipality'), website: t('field.website'), note: t('field.note'),
  }
  const save = async (version: number) => {
    const body = bodyOf(draft.values.value)
    const saved = await run(async () => {
      const stored = organisation
        ? await call('patch', '/api/v1/organisations/{id}', { path: { id: organisation.id }, body, version })
        : await call('post', '/api/v1/organisations', { body })
      draft.done()
      navigate(`/organisations/${stored.id}`)
      notify(t('record.saved', { title: stored.name }))
    })
    if (!saved && problem.value?.status === 412) theirs.value = problem.value.current as Organisation
  }
  const text = (name: 'name' | 'kind' | 'municipality' | 'website', maxLength: number, hint?: string) => (
    <TextField name={name} label={labels[name]} hint={hint} optional={name !== 'name'} maxLength={maxLength} value={values[name]} error={errors[name]} onValue={(value) => draft.set({ [name]: value })} />
  )
  const other = theirs.value && valuesOf(theirs.value)
  return (
    <>
      {other && (
        <Conflict
          rows={texts.filter((name) => values[name] !== other[name]).map((name) => ({ label: labels[name], mine: values[name], theirs: other[name] }))}
          keepMine={() => { theirs.value = null; draft.set({ version: other.version }); void save(other.version) }}
          takeTheirs={() => { theirs.value = null; draft.reset(other) }} />
      )}
      <Form labels={labels} problem={problem.value} conflict="organisations.exists" busy={busy.value} submit={t('action.save')} onSubmit={() => void save(values.version)}
        onCancel={() => navigate(organisation ? `/organisations/${organisation.id}` : '/organisations')}
        restored={{ shown: draft.restored.value, discard: () => draft.reset(start()) }}>
        {text('name', 200)}
        <RadioGroup legend={labels.sector} value={values.sector} onValue={(sector) => draft.set({ sector: sector as Sector })} choices={sectors.map((code) => [code, t(`sector.${code}`)])} />
        {text('kind', 80, t('field.kind_hint'))}
        {text('municipality', 120)}
        {text('website', 400)}
        <AreaField name="note" label={labels.note} hint={t('field.note_hint')} optional maxLength={4000} rows={4} value={values.note} error={errors.note} onValue={(note) => draft.set({ note })} />
      </Form>
    </>
  )
}

export function OrganisationNew() {
  return (
    <Page title={t('organisations.new_title')} back={{ href: '/organisations', text: t('organisations.title') }}>
      <OrganisationForm organisation={null} />
    </Page>
  )
}

export function OrganisationEdit({ id }: { id: string }) {
  const organisation = useLoad(id, () => call('get', '/api/v1/organisations/{id}', { path: { id } }))
  return (
    <Page title={t('organisations.edit_title')} back={{ href: `/organisations/${id}`, text: organisation.data.value?.name ?? t('action.back') }}>
      <Shown of={organisation}>{(shown) => <OrganisationForm organisation={shown} />}</Shown>
    </Page>
  )
}
