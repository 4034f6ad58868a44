import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { changes } from '../../shared/draft'
import { languageName } from '../../shared/format'
import type { Language } from '../../shared/languages'
import { useAction, useLoad } from '../../shared/load'
import { Alert, Button, ProblemAlert } from '../../shared/parts/basic'
import { CheckField, SelectField, TextField } from '../../shared/parts/field'
import { Conflict, fieldErrors, Form } from '../../shared/parts/form'
import { Shown } from '../../shared/parts/list'
import { Page, Section } from '../../shared/parts/page'
import { notify } from '../../shared/say'
import { t } from '../../shared/texts'
import { TokenLines } from '../token_lines'
import { languageChoices, roleChoices, type Role } from './users'

type User = Schemas['User']

type Edited = Pick<User, 'name' | 'role' | 'language' | 'disabled'>

const editedOf = ({ name, role, language, disabled }: User): Edited => ({ name, role, language, disabled })

function differences(mine: Edited, theirs: Edited) {
  const readable = ({ name, role, language, disabled }: Edited): [string, string][] => [
    [t('field.name'), name], [t('field.role'), t(`role.${role}`)], [t('preferences.language'), languageName(language)], [t('admin.access'), t(disabled ? 'admin.disabled' : 'admin.enabled')],
  ]
  const other = readable(theirs)
  return readable(mine).map(([label, text], index) => ({ label, mine: text, theirs: other[index]![1] })).filter((row) => row.mine !== row.theirs)
}

function UserForm({ user, onSaved }: { user: User; onSaved: () => void }) {
  const name = useSignal(user.name)
  const role = useSignal<Role>(user.role)
  const language = useSignal<Language>(user.language)
  const disabled = useSignal(user.disabled)
  const password = useSignal('')
  const { busy, problem, run } = useAction()
  const errors = fieldErrors(problem.value)
  const mine: Edited = { name: name.value.trim(), role: role.value, language: language.value, disabled: disabled.value }
  const save = (version: number) =>
    run(async () => {
      const body = { ...changes(editedOf(user), mine), ...(password.value && { password: password.value }) }
      if (Object.keys(body).length > 0) await call('patch', '/api/v1/users/{id}', { path: { id: user.id }, body, version })
      password.value = ''
      notify(t('record.saved', { title: mine.name }))
      onSaved()
    })
  const theirs = problem.value?.status === 412 ? (problem.value.current as User) : null
  return (
    <>
      {theirs && <Conflict rows={differences({ ...theirs, ...changes(editedOf(user), mine) }, theirs)} keepMine={() => void save(theirs.version)} takeTheirs={onSaved} />}
      <Form labels={{ name: t('field.name'), password: t('account.new') }} problem={problem.value} conflict="admin.last_admin" busy={busy.value} submit={t('action.save')} onSubmit={() => void save(theirs?.version ?? user.version)}>
        <TextField name="name" label={t('field.name')} maxLength={120} value={name.value} error={errors.name} onValue={(value) => { name.value = value }} />
        <SelectField label={t('field.role')} hint={t('admin.role_hint')} value={role.value} onValue={(value) => { role.value = value as Role }} choices={roleChoices()} />
        <SelectField label={t('preferences.language')} value={language.value} onValue={(value) => { language.value = value as Language }} choices={languageChoices()} />
        <TextField name="password" label={t('account.new')} hint={t('admin.password_hint')} type="password" optional autocomplete="new-password" maxLength={200} value={password.value} error={errors.password} onValue={(value) => { password.value = value }} />
        <CheckField label={t('admin.disable')} checked={disabled.value} onChecked={(on) => { disabled.value = on }} />
      </Form>
    </>
  )
}

function Tokens({ user }: { user: string }) {
  const tokens = useLoad(`tokens ${user}`, () => call('get', '/api/v1/users/{id}/tokens', { path: { id: user } }))
  const label = useSignal('')
  const days = useSignal('90')
  const issued = useSignal<string | null>(null)
  const { busy, problem, run } = useAction()
  const make = () =>
    run(async () => {
      issued.value = (await call('post', '/api/v1/users/{id}/tokens', { path: { id: user }, body: { label: label.value.trim(), days: Number(days.value) } })).token
      label.value = ''
      await tokens.reload()
    })
  const revoke = (id: string) =>
    run(async () => {
      await call('delete', '/api/v1/tokens/{id}', { path: { id } })
      await tokens.reload()
    })
  return (
    <Section title={t('admin.tokens')}>
      <p class="hint">{t('admin.tokens_text')}</p>
      {issued.value && <Alert tone="success" title={t('admin.token_once')} live><code class="secret">{issued.value}</code></Alert>}
      <Shown of={tokens}>
        {({ items }) => items.length > 0 && <TokenLines tokens={items} revoke={(id) => void revoke(id)} />}
      </Shown>
      <ProblemAlert problem={problem.value?.errors.length ? null : problem.value} />
      <form class="form form--line" noValidate onSubmit={(event) => { event.preventDefault(); void make() }}>
        <TextField name="label" label={t('admin.token_label')} maxLength={120} value={label.value} error={fieldErrors(problem.value).label} onValue={(value) => { label.value = value }} />
        <SelectField label={t('admin.token_days')} value={days.value} onValue={(value) => { days.value = value }} choices={['7', '30', '90', '366'].map((n) => [n, t('admin.token_days_n', { n })])} />
        <Button type="submit" busy={busy.value}>{t('admin.token_make')}</Button>
      </form>
    </Section>
  )
}

export function UserDetail({ id }: { id: string }) {
  const user = useLoad(id, () => call('get', '/api/v1/users/{id}', { path: { id } }))
  return (
    <Page title={user.data.value?.name ?? t('admin.user')} lead={user.data.value?.email} back={{ href: '/administration/users', text: t('admin.users') }}>
      <Shown of={user}>{(shown) => <UserForm key={shown.version} user={shown} onSaved={() => void user.reload()} />}</Shown>
      <Tokens user={id} />
    </Page>
  )
}
