import { useSignal } from '@preact/signals'
import { call, type Schemas } from '../../shared/api'
import { useDraft } from '../../shared/draft'
import { ago, languageName } from '../../shared/format'
import { languages, type Language } from '../../shared/languages'
import { useAction, useLoad } from '../../shared/load'
import { Badge, Button } from '../../shared/parts/basic'
import { Dialog } from '../../shared/parts/dialog'
import { SelectField, TextField } from '../../shared/parts/field'
import { fieldErrors } from '../../shared/parts/form'
import { Shown } from '../../shared/parts/list'
import { notify } from '../../shared/say'
import { node } from '../../shared/session'
import { t } from '../../shared/texts'
import { AdministrationPage } from './tabs'

export type Role = Schemas['Role']
export const roles: readonly Role[] = ['viewer', 'match_group', 'coordinator', 'admin']
export const roleChoices = () => roles.map((role) => [role, t(`role.${role}`)] as const)
export const languageChoices = () => languages.map((code) => [code, languageName(code)] as const)

function UserDialog({ onAdded, onClose }: { onAdded: () => void; onClose: () => void }) {
  const draft = useDraft('users.new', { email: '', name: '', role: 'coordinator' as Role, language: (node.value?.language ?? 'de') as Language })
  const password = useSignal('') // never kept
  const { busy, problem, run } = useAction()
  const values = draft.values.value
  const errors = fieldErrors(problem.value)
  const add = () =>
    run(async () => {
      await call('post', '/api/v1/users', { body: { ...values, email: values.email.trim(), name: values.name.trim(), password: password.value } })
      draft.done()
      onAdded()
      onClose()
      notify(t('admin.user_added', { name: values.name }))
    })
  return (
    <Dialog title={t('admin.user_add')} submit={t('admin.user_add')} busy={busy.value} problem={problem.value} conflict="admin.email_taken"
      onSubmit={() => void add()} onClose={onClose}>
      <TextField name="user_name" label={t('field.name')} maxLength={120} value={values.name} error={errors.name} onValue={(name) => draft.set({ name })} />
      <TextField name="user_email" label={t('field.email')} type="email" maxLength={254} autocomplete="off" value={values.email} error={errors.email} onValue={(email) => draft.set({ email })} />
      <SelectField label={t('field.role')} hint={t('admin.role_hint')} value={values.role} onValue={(role) => draft.set({ role: role as Role })} choices={roleChoices()} />
      <SelectField label={t('preferences.language')} value={values.language} onValue={(code) => draft.set({ language: code as Language })} choices={languageChoices()} />
      <TextField name="user_password" label={t('admin.first_password')} hint={t('account.new_hint')} type="password" autocomplete="new-password" maxLength={200} value={password.value} error={errors.password} onValue={(value) => { password.value = value }} />
    </Dialog>
  )
}

export function Users() {
  const users = useLoad('users', () => call('get', '/api/v1/users'))
  const adding = useSignal(false)
  return (
    <AdministrationPage title="admin.users" lead="admin.users_lead" actions={<Button kind="primary" icon="add" onClick={() => { adding.value = true }}>{t('admin.user_add')}</Button>}>
      <Shown of={users}>
        {({ items }) => (
          <ul class="lines">
            {items.map((user) => (
              <li key={user.id}>
                <a class="line" href={`/administration/users/${user.id}`}>
                  <span class="line__title">{user.name}</span>
                  <span class="line__detail">
                    {user.email} · {t(`role.${user.role}`)} · {user.last_sign_in_at ? t('admin.last_seen', { ago: ago(user.last_sign_in_at) }) : t('admin.never_seen')}
                    {user.disabled && <Badge tone="warning">{t('admin.disabled')}</Badge>}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        )}
      </Shown>
      {adding.value && <UserDialog onAdded={() => void users.reload()} onClose={() => { adding.value = false }} />}
    </AdministrationPage>
  )
}
