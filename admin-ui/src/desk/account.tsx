// One's own name and password.
import { useSignal } from '@preact/signals'
import { call } from '../shared/api'
import { useAction, useLoad } from '../shared/load'
import { Facts, ProblemAlert } from '../shared/parts/basic'
import { TextField } from '../shared/parts/field'
import { fieldErrors, Form } from '../shared/parts/form'
import { Shown } from '../shared/parts/list'
import { Page, Section } from '../shared/parts/page'
import { notify } from '../shared/say'
import { session, user } from '../shared/session'
import { t } from '../shared/texts'
import { TokenLines } from './token_lines'

function NameForm() {
  const name = useSignal(user.value?.name ?? '')
  const { busy, problem, run } = useAction()
  const save = () =>
    run(async () => {
      session.value = await call('patch', '/api/v1/me', { body: { name: name.value.trim() } })
      notify(t('account.saved'))
    })
  return (
    <Form labels={{ name: t('field.name') }} problem={problem.value} busy={busy.value} submit={t('action.save')} onSubmit={() => void save()}>
      <TextField name="name" label={t('field.name')} autocomplete="name" maxLength={120} value={name.value} error={fieldErrors(problem.value).name} onValue={(value) => { name.value = value }} />
    </Form>
  )
}

function PasswordForm() {
  const current = useSignal('')
  const next = useSignal('')
  const { busy, problem, run } = useAction()
  const errors = fieldErrors(problem.value)
  const save = () =>
    run(async () => {
      await call('post', '/api/v1/me/password', { body: { current: current.value, new: next.value } })
      current.value = next.value = ''
      notify(t('account.password_changed'))
    })
  return (
    <Form labels={{ current: t('account.current'), new: t('account.new') }} problem={problem.value} busy={busy.value} submit={t('account.change_password')} onSubmit={() => void save()}>
      <TextField name="current" type="password" label={t('account.current')} autocomplete="current-password" maxLength={200} value={current.value} error={errors.current} onValue={(value) => { current.value = value }} />
      <TextField name="new" type="password" label={t('account.new')} hint={t('account.new_hint')} autocomplete="new-password" maxLength={200} value={next.value} error={errors.new} onValue={(value) => { next.value = value }} />
    </Form>
  )
}

function OwnTokens() {
  const tokens = useLoad('own tokens', () => call('get', '/api/v1/me/tokens', {}))
  const { problem, run } = useAction()
  const revoke = (id: string) =>
    run(async () => {
      await call('delete', '/api/v1/me/tokens/{id}', { path: { id } })
      await tokens.reload()
    })
  return (
    <Section title={t('admin.tokens')}>
      <Shown of={tokens}>
        {({ items }) => (
          <>
            <p class="hint">{t(items.length > 0 ? 'account.tokens_text' : 'account.tokens_none')}</p>
            {items.length > 0 && <TokenLines tokens={items} revoke={(id) => void revoke(id)} />}
          </>
        )}
      </Shown>
      <ProblemAlert problem={problem.value} />
    </Section>
  )
}

export function Account() {
  return (
    <Page title={t('account.title')} lead={t('account.lead')}>
      <Facts facts={[[t('field.email'), user.value?.email ?? ''], [t('field.role'), user.value && t(`role.${user.value.role}`)]]} />
      <Section title={t('account.name_title')}><NameForm /></Section>
      <Section title={t('account.password_title')}><PasswordForm /></Section>
      <OwnTokens />
    </Page>
  )
}
