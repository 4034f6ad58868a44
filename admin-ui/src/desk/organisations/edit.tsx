import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { changes, useDraft } from '../../shared/draft'
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

interface Fields {
  name: string
  sector: Sector
  kind: string
  municipality: string
  website: string
  note: string
}

interface Values extends Fields {
  version: number // of the organisation the draft began with
  began: Fields
}

function valuesOf(organisation: Organisation | null): Values {
  const { version = 0, name = '', sector = 'civil_society', kind = null, municipality = null, website = null, note = null } = organisation ?? {}
  const town = organisation ? '' : (node.value?.name ?? '')
  const began = { name, sector, kind: kind ?? '', municipality: municipality ?? town, website: website ?? '', note: note ?? '' }
  return { ...began, began, version }
}

const bodyOf = ({ name, sector, kind, municipality, website, note }: Fields) => ({
  name: name.trim(), sector, kind: kind.trim() || null, municipality: municipality.trim() || null, website: website.trim() || null, note: note.trim() || null,
})

const texts = ['name', 'kind', 'municipality', 'website', 'note'] as const

function OrganisationForm({ organisation }: { organisation: Organisation | null }) {
  const draft = useDraft<Values>(`organisations.${organisation?.id ?? 'new'}`, valuesOf(organisation))
  const theirs = useSignal<Organisation | null>(null)
  const { busy, problem, run } = useAction()
  const values = draft.values.value
  const errors = fieldErrors(problem.value)
  const labels: Record<(typeof texts)[number] | 'sector', string> = {
    name: t('field.organisation_name'), sector: t('field.sector'), kind: t('field.kind'), municipality: t('field.municipality'), website: t('field.website'), note: t('field.note'),
  }
  const store = async (): Promise<Organisation> => {
    const { version, began, ...mine } = draft.values.value
    const body = bodyOf(mine)
    if (!organisation) return call('post', '/api/v1/organisations', { body })
    const change = changes(bodyOf(began), body)
    return Object.keys(change).length > 0 ? call('patch', '/api/v1/organisations/{id}', { path: { id: organisation.id }, body: change, version }) : organisation
  }
  const save = async () => {
    const saved = await run(async () => {
      const stored = await store()
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
  const merged = other && { ...other, ...changes<Fields>(values.began, values) }
  return (
    <>
      {other && merged && (
        <Conflict
          rows={texts.filter((name) => merged[name] !== other[name]).map((name) => ({ label: labels[name], mine: merged[name], theirs: other[name] }))}
          keepMine={() => { theirs.value = null; draft.set(merged); void save() }}
          takeTheirs={() => { theirs.value = null; draft.reset(other) }} />
      )}
      <Form labels={labels} problem={problem.value} conflict="organisations.exists" busy={busy.value} submit={t('action.save')} onSubmit={() => void save()}
        onCancel={() => navigate(organisation ? `/organisations/${organisation.id}` : '/organisations')}
        restored={{ shown: draft.restored.value, discard: () => draft.reset(valuesOf(organisation)) }}>
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
