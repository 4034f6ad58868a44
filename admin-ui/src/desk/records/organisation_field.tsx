// Choosing an organisation by typing a part of its name (a combobox), or adding it on the spot.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import { call, type Schemas } from '../../shared/api'
import { useLoad } from '../../shared/load'
import { Button } from '../../shared/parts/basic'
import { SelectField, TextField } from '../../shared/parts/field'
import { useOwnId } from '../../shared/parts/id'
import { t, tn } from '../../shared/texts'
import { announce } from '../../shared/say'
import { ContactDialog } from '../organisations/contacts'
import { QuickOrganisation } from '../organisations/quick'

export type Chosen = Schemas['OrganisationRef']

interface OrganisationFieldProps {
  label: string
  value: Chosen | null
  typed: string
  error: string | undefined
  sector: Schemas['Sector'] // what a new one is likely to be
  onValue: (value: Chosen | null, typed: string) => void
}

/** The one that is called exactly so, if there is one. */
export async function organisationCalled(name: string): Promise<Chosen | null> {
  const plain = (text: string) => text.trim().toLowerCase()
  const { items } = await call('get', '/api/v1/organisations', { query: { q: name.trim(), limit: 8 } })
  const [one, other] = items.filter((item) => plain(item.name) === plain(name))
  return one && !other ? { id: one.id, name: one.name } : null
}

export function OrganisationField({ label, value, typed, error, sector, onValue }: OrganisationFieldProps) {
  const found = useSignal<Chosen[]>([])
  const open = useSignal(false)
  const active = useSignal(-1)
  const adding = useSignal(false)
  const list = useOwnId()

  useEffect(() => {
    const q = typed.trim()
    if (!open.value || q === '') return void (found.value = [])
    const timer = setTimeout(async () => {
      const { items } = await call('get', '/api/v1/organisations', { query: { q, limit: 8 } }).catch(() => ({ items: [] }))
      found.value = items
      active.value = -1
      announce(tn('organisations.count', items.length))
    }, 200)
    return () => clearTimeout(timer)
  }, [typed, open.value])

  const options = found.value.length
  const choose = (index: number) => {
    const chosen = found.value[index]
    open.value = false
    if (chosen) onValue({ id: chosen.id, name: chosen.name }, chosen.name)
    else adding.value = true
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault()
      open.value = true
      const count = options + 1 // with «add»
      const before = event.key === 'ArrowUp' ? Math.max(active.value, 0) - 1 : active.value + 1
      active.value = (before + count) % count
    } else if (event.key === 'Enter' && open.value && active.value >= 0) {
      event.preventDefault()
      choose(active.value)
    } else if (event.key === 'Escape') open.value = false
  }
  const type = (next: string) => {
    open.value = next.trim() !== ''
    onValue(null, next)
  }
  const now = useRef(typed)
  now.current = typed
  const leave = async () => {
    open.value = false
    if (value || typed.trim() === '') return
    const one = await organisationCalled(typed).catch(() => null)
    if (one && now.current === typed) onValue(one, one.name)
  }
  const shown = open.value && typed.trim() !== ''
  return (
    <div class="combobox" onFocusOut={(event) => { if (!event.currentTarget.contains(event.relatedTarget as Node | null)) void leave() }}>
      <TextField name="organisation_id" label={label} hint={t('organisation_field.hint')} error={error} value={typed} onValue={type}
        role="combobox" autocomplete="off" aria-expanded={shown} aria-controls={list} aria-autocomplete="list"
        aria-activedescendant={shown && active.value >= 0 ? `${list}-${active.value}` : undefined} onKeyDown={onKeyDown} maxLength={200} />
      <ul id={list} role="listbox" aria-label={label} class="combobox__list" hidden={!shown}>
        {[...found.value, null].map((option, index) => (
          <li key={option?.id ?? 'new'} id={`${list}-${index}`} role="option" aria-selected={index === active.value}
            onMouseDown={(event) => { event.preventDefault(); choose(index) }}>
            {option ? option.name : t('organisation_field.add', { name: typed.trim() })}
          </li>
        ))}
      </ul>
      {adding.value && (
        <QuickOrganisation name={typed.trim()} sector={sector} onClose={() => { adding.value = false }} onAdded={(added) => onValue(added, added.name)} />
      )}
    </div>
  )
}

export function ContactField({ organisation, value, onValue }: { organisation: string; value: string; onValue: (value: string) => void }) {
  const contacts = useLoad(organisation, () => call('get', '/api/v1/organisations/{id}/contacts', { path: { id: organisation } }))
  const adding = useSignal(false)
  const items = contacts.data.value?.items ?? []
  const added = async ({ id }: Schemas['Contact']) => {
    await contacts.reload()
    onValue(id)
  }
  return (
    <div class="contact">
      {items.length > 0 && (
        <SelectField name="contact_id" label={t('field.contact')} optional value={value} onValue={onValue}
          choices={[['', t('field.contact_none')], ...items.map(({ id, name, role }) => [id, role ? `${name}, ${role}` : name] as const)]} />
      )}
      <Button icon="add" onClick={() => { adding.value = true }}>{t('contacts.add')}</Button>
      {adding.value && <ContactDialog organisation={organisation} contact={null} onSaved={(contact) => void added(contact)} onClose={() => { adding.value = false }} />}
    </div>
  )
}
