// Whom one talks to there: only what is needed, with where it comes from and what it is for.
import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { changes, useDraft } from '../../shared/draft'
import { useAction, useLoad } from '../../shared/load'
import { Alert, Button } from '../../shared/parts/basic'
import { Dialog } from '../../shared/parts/dialog'
import { SelectField, TextField } from '../../shared/parts/field'
import { fieldErrors } from '../../shared/parts/form'
import { Shown } from '../../shared/parts/list'
import { Section } from '../../shared/parts/page'
import { announce } from '../../shared/say'
import { mayWrite } from '../../shared/session'
import { t } from '../../shared/texts'

type Contact = Schemas['Contact']
type Source = Schemas['ContactSource']
const sources: readonly Source[] = ['told_by_themselves', 'phone', 'public_source', 'import', 'other']

interface Values {
  version: number
  name: string
  role: string
  email: string
  phone: string
  source: Source
  purpose: string
}

const valuesOf = (contact: Contact | null): Values => ({
  version: contact?.version ?? 0, name: contact?.name ?? '', role: contact?.role ?? '', email: contact?.email ?? '', phone: contact?.phone ?? '',
  source: contact?.source ?? 'told_by_themselves', purpose: contact?.purpose ?? t('contacts.purpose_default'),
})

const bodyOf = ({ name, role, email, phone, source, purpose }: Values) => ({
  name: name.trim(), role: role.trim() || null, email: email.trim() || null, phone: phone.trim() || null, source, purpose: purpose.trim(),
})

export function ContactDialog({ organisation, contact, onSaved, onClose }: { organisation: string; contact: Contact | null; onSaved: (saved: Contact) => void; onClose: () => void }) {
  const draft = useDraft<Values>(`contacts.${contact?.id ?? organisation}`, valuesOf(contact))
  const { busy, problem, run } = useAction()
  const values = draft.values.value
  const errors = fieldErrors(problem.value)
  const theirs = problem.value?.status === 412 ? (problem.value.current as Contact) : null

  const store = async (version: number): Promise<Contact> => {
    const body = bodyOf(draft.values.value)
    if (!contact) return call('post', '/api/v1/organisations/{id}/contacts', { path: { id: organisation }, body })
    const change = changes(bodyOf(valuesOf(contact)), body)
    return Object.keys(change).length > 0 ? call('patch', '/api/v1/contacts/{id}', { path: { id: contact.id }, body: change, version }) : contact
  }
  const save = (version: number) =>
    run(async () => {
      onSaved(await store(version))
      draft.done()
      onClose()
    })
  const text = (name: 'name' | 'role' | 'email' | 'phone' | 'purpose', maxLength: number, optional: boolean) => (
    <TextField name={`contact_${name}`} label={t(`contacts.${name}`)} optional={optional} maxLength={maxLength} value={values[name]} error={errors[name]} onValue={(value) => draft.set({ [name]: value })}
      {...(name === 'email' && { type: 'email', autocomplete: 'off' })} />
  )
  return (
    <Dialog title={t(contact ? 'contacts.edit' : 'contacts.add')} submit={t(theirs ? 'conflict.keep_mine' : 'action.save')} busy={busy.value} problem={problem.value}
      onSubmit={() => void save(theirs?.version ?? values.version)} onClose={onClose}>
      {theirs && (
        <Alert tone="warning" title={t('conflict.title')} live>
          <p>{t('contacts.conflict', { name: theirs.name, email: theirs.email ?? '–', phone: theirs.phone ?? '–' })}</p>
        </Alert>
      )}
      {text('name', 120, false)}
      {text('role', 80, true)}
      {text('email', 254, true)}
      {text('phone', 40, true)}
      <SelectField label={t('contacts.source')} value={values.source} onValue={(source) => draft.set({ source: source as Source })} choices={sources.map((code) => [code, t(`source.${code}`)])} />
      {text('purpose', 200, false)}
      <p class="hint">{t('contacts.privacy')}</p>
    </Dialog>
  )
}

function EraseDialog({ contact, onErased, onClose }: { contact: Contact; onErased: () => void; onClose: () => void }) {
  const { busy, problem, run } = useAction()
  const erase = () =>
    run(async () => {
      await call('delete', '/api/v1/contacts/{id}', { path: { id: contact.id }, version: contact.version })
      announce(t('contacts.erased'))
      onErased()
      onClose()
    })
  return (
    <Dialog title={t('contacts.erase_title', { name: contact.name })} submit={t('contacts.erase')} busy={busy.value} problem={problem.value} onSubmit={() => void erase()} onClose={onClose}>
      <p>{t('contacts.erase_text')}</p>
    </Dialog>
  )
}

export function Contacts({ organisation }: { organisation: string }) {
  const contacts = useLoad(`contacts ${organisation}`, () => call('get', '/api/v1/organisations/{id}/contacts', { path: { id: organisation } }))
  const editing = useSignal<Contact | 'new' | null>(null)
  const erasing = useSignal<Contact | null>(null)
  const reload = () => void contacts.reload()
  return (
    <Section title={t('contacts.title')} actions={mayWrite.value && <Button icon="add" onClick={() => { editing.value = 'new' }}>{t('contacts.add')}</Button>}>
      <Shown of={contacts}>
        {({ items }) => items.length === 0 ? <p class="muted">{t('contacts.none')}</p> : (
          <ul class="lines">
            {items.map((contact) => (
              <li key={contact.id} class="case">
                <strong>{contact.name}</strong>
                <span>{[contact.role, contact.phone, contact.email].filter(Boolean).join(' · ')}</span>
                <span class="muted">{t(`source.${contact.source}`)} · {contact.purpose}</span>
                {mayWrite.value && (
                  <div class="actions">
                    <Button kind="tertiary" icon="edit" aria-label={t('contacts.edit_of', { name: contact.name })} onClick={() => { editing.value = contact }}>{t('action.edit')}</Button>
                    <Button kind="tertiary" icon="delete" aria-label={t('contacts.erase_title', { name: contact.name })} onClick={() => { erasing.value = contact }}>{t('contacts.erase')}</Button>
                  </div>
                )}
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {editing.value && <ContactDialog organisation={organisation} contact={editing.value === 'new' ? null : editing.value} onSaved={reload} onClose={() => { editing.value = null }} />}
      {erasing.value && <EraseDialog contact={erasing.value} onErased={reload} onClose={() => { erasing.value = null }} />}
    </Section>
  )
}
