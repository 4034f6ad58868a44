// Recording and changing a proposal or an offer.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { changes, useDraft } from '../../shared/draft'
import { date, languageName } from '../../shared/format'
import { languages } from '../../shared/languages'
import { useAction, useLoad } from '../../shared/load'
import { Button } from '../../shared/parts/basic'
import { AreaField, SelectField, TextField } from '../../shared/parts/field'
import { Conflict, fieldErrors, Form } from '../../shared/parts/form'
import { Shown } from '../../shared/parts/list'
import { Page } from '../../shared/parts/page'
import { navigate } from '../../shared/router'
import { notify } from '../../shared/say'
import { node } from '../../shared/session'
import { language, t } from '../../shared/texts'
import { dueOf, type Item, type Noun } from '../noun'
import { fromDraft, HelpFields, helpLabels, helpText, toDraft, type HelpDraft } from './help'
import { ContactField, organisationCalled, OrganisationField, type Chosen } from './organisation_field'

interface Fields {
  organisation: Chosen | null
  organisation_typed: string
  contact_id: string
  title: string
  text: string
  language: string
  help: HelpDraft
  municipality: string
  due: string
  return_favour: string
  note: string
}

interface Values extends Fields {
  item: { id: string; version: number; title: string } | null // what the draft began with; null: nothing is stored yet
  began: Fields
}

const blank = (): Fields => ({
  organisation: null, organisation_typed: '', contact_id: '', title: '', text: '', language: node.value?.language ?? language.value, help: {},
  municipality: node.value?.name ?? '', due: '', return_favour: '', note: '',
})

const fieldsOf = (item: Item): Fields => ({
  organisation: item.organisation, organisation_typed: item.organisation.name, contact_id: item.contact_id ?? '', title: item.title, text: item.text,
  language: item.language, help: toDraft(item.help), municipality: item.municipality, due: dueOf(item) ?? '',
  return_favour: ('return_favour' in item && item.return_favour) || '', note: item.note ?? '',
})

function valuesOf(item: Item | null): Values {
  const began = item ? fieldsOf(item) : blank()
  return { ...began, began, item: item && { id: item.id, version: item.version, title: item.title } }
}

function bodyOf(noun: Noun, values: Fields) {
  return {
    organisation_id: values.organisation?.id ?? '',
    contact_id: values.contact_id || null,
    title: values.title.trim(),
    text: values.text.trim(),
    language: values.language,
    help: fromDraft(values.help),
    municipality: values.municipality.trim(),
    [noun.due]: values.due || null,
    note: values.note.trim() || null,
    ...(noun.returnFavour && { return_favour: values.return_favour.trim() || null }),
  } as unknown as Schemas['ProposalNew']
}

function labelsOf(noun: Noun, values: Fields): Record<string, string> {
  return {
    organisation_id: t(`${noun.plural}.organisation`), contact_id: t('field.contact'), title: t('field.title'), text: t(`${noun.plural}.text`),
    language: t('field.text_language'), help: t('field.help'), municipality: t('field.municipality'), [noun.due]: t(`field.${noun.due}`),
    return_favour: t('field.return_favour'), note: t('field.note'), ...helpLabels(values.help),
  }
}

function readable(values: Fields): Record<string, string> {
  return {
    organisation_id: values.organisation?.name ?? '', title: values.title, text: values.text, language: languageName(values.language),
    help: fromDraft(values.help).map(helpText).join(', '), municipality: values.municipality, due: values.due && date(values.due),
    return_favour: values.return_favour, note: values.note,
  }
}

function differences(noun: Noun, mine: Fields, theirs: Fields) {
  const labels: Record<string, string> = { ...labelsOf(noun, mine), due: t(`field.${noun.due}`) }
  const [one, other] = [readable(mine), readable(theirs)]
  return Object.keys(one).filter((name) => one[name] !== other[name]).map((name) => ({ label: labels[name] ?? name, mine: one[name] ?? '', theirs: other[name] ?? '' }))
}

function RecordForm({ noun, item }: { noun: Noun; item: Item | null }) {
  const draft = useDraft<Values>(`${noun.plural}.${item?.id ?? 'new'}`, valuesOf(item))
  const theirs = useSignal<Values | null>(null)
  const { busy, problem, run } = useAction()
  const values = draft.values.value
  const errors = fieldErrors(problem.value)
  const back = item ? `/${noun.plural}/${item.id}` : `/${noun.plural}`

  const store = async (): Promise<NonNullable<Values['item']>> => {
    const { organisation, organisation_typed: typed } = draft.values.value
    const named = organisation ? null : typed.trim() && (await organisationCalled(typed))
    if (named) draft.set({ organisation: named })
    const { item: before, began, ...mine } = draft.values.value
    const body = bodyOf(noun, mine)
    if (!before) return call('post', `/api/v1/${noun.plural}`, { body: body as never })
    const change = changes(bodyOf(noun, began), body)
    if (Object.keys(change).length === 0) return before
    return call('patch', `/api/v1/${noun.plural}/{id}`, { path: { id: before.id }, body: change as never, version: before.version })
  }
  const save = async (submit: boolean) => {
    const saved = await run(async () => {
      const stored = await store()
      const { item: _, began: __, ...fields } = draft.values.value
      draft.reset({ ...fields, began: fields, item: stored })
      // Recorded is recorded: when only the next step fails, the screen of the draft offers it again.
      const to = noun.one === 'proposal' ? 'submitted' : 'available'
      const moved = submit && (await call('post', `/api/v1/${noun.plural}/{id}/transitions`, { path: { id: stored.id }, body: { to } as never }).then(() => true, () => false))
      navigate(`/${noun.plural}/${stored.id}`)
      notify(t(submit && !moved ? 'record.saved_as_draft' : 'record.saved', { title: stored.title }))
    })
    if (saved || problem.value?.status !== 412) return
    const stored = valuesOf(problem.value.current as Item)
    if (differences(noun, withMine(stored), stored).length > 0) theirs.value = stored
    else {
      draft.set(withMine(stored))
      await save(submit)
    }
  }
  const withMine = (stored: Values): Values => {
    const { began, ...mine } = draft.values.value
    return { ...stored, ...changes(began, mine) }
  }
  const other = theirs.value
  const merged = other && withMine(other)
  const takeTheirs = () => {
    theirs.value = null
    draft.reset(other!)
  }
  const keepMine = () => {
    theirs.value = null
    draft.set(merged!)
    void save(false)
  }
  const text = (name: 'title' | 'municipality' | 'return_favour', label: string, maxLength: number, optional = false, hint?: string) => (
    <TextField name={name} label={label} hint={hint} optional={optional} maxLength={maxLength} value={values[name]} error={errors[name]} onValue={(value) => draft.set({ [name]: value })} />
  )
  const extra = !item && <Button busy={busy.value} onClick={() => void save(true)}>{t(`${noun.plural}.save_and_submit`)}</Button>
  return (
    <>
      {other && merged && <Conflict rows={differences(noun, merged, other)} keepMine={keepMine} takeTheirs={takeTheirs} />}
      <Form labels={labelsOf(noun, values)} problem={problem.value} busy={busy.value} submit={t(item ? 'action.save' : 'record.save_draft')} extra={extra}
        onSubmit={() => void save(false)} onCancel={() => navigate(back)}
        restored={{ shown: draft.restored.value, discard: () => draft.reset(valuesOf(item)) }}>
        <OrganisationField label={t(`${noun.plural}.organisation`)} value={values.organisation} typed={values.organisation_typed} error={errors.organisation_id}
          sector={noun.one === 'offer' ? 'company' : 'civil_society'} onValue={(organisation, organisation_typed) => draft.set({ organisation, organisation_typed, contact_id: '' })} />
        {values.organisation && <ContactField organisation={values.organisation.id} value={values.contact_id} onValue={(contact_id) => draft.set({ contact_id })} />}
        {text('title', t('field.title'), 200, false, t(`${noun.plural}.title_hint`))}
        <AreaField name="text" label={t(`${noun.plural}.text`)} hint={t(`${noun.plural}.text_hint`)} maxLength={4000} rows={7} lang={values.language}
          value={values.text} error={errors.text} onValue={(value) => draft.set({ text: value })} />
        <HelpFields value={values.help} errors={errors} onValue={(help) => draft.set({ help })} />
        <div class="pair">
          {text('municipality', t('field.municipality'), 120)}
          <TextField name={noun.due} label={t(`field.${noun.due}`)} type="date" optional value={values.due} error={errors[noun.due]} onValue={(due) => draft.set({ due })} />
        </div>
        {noun.returnFavour && text('return_favour', t('field.return_favour'), 500, true, t('field.return_favour_hint'))}
        <AreaField name="note" label={t('field.note')} hint={t('field.note_hint')} optional maxLength={4000} rows={3} value={values.note} error={errors.note} onValue={(note) => draft.set({ note })} />
        <SelectField name="language" label={t('field.text_language')} value={values.language} error={errors.language} onValue={(code) => draft.set({ language: code })}
          choices={[...new Set([...languages, values.language])].map((code) => [code, languageName(code)] as const)} />
      </Form>
    </>
  )
}

export function RecordNew({ noun }: { noun: Noun }) {
  return (
    <Page title={t(`${noun.plural}.new_title`)} lead={t(`${noun.plural}.new_lead`)} back={{ href: `/${noun.plural}`, text: t(`${noun.plural}.title`) }}>
      <RecordForm noun={noun} item={null} />
    </Page>
  )
}

export function RecordEdit({ noun, id }: { noun: Noun; id: string }) {
  const item = useLoad<Item>(id, () => call('get', `/api/v1/${noun.plural}/{id}`, { path: { id } }))
  return (
    <Page title={t(`${noun.plural}.edit_title`)} back={{ href: `/${noun.plural}/${id}`, text: item.data.value?.title ?? t('action.back') }}>
      <Shown of={item}>{(shown) => <RecordForm noun={noun} item={shown} />}</Shown>
    </Page>
  )
}
