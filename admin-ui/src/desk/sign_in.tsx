import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import { useAction } from '../shared/load'
import { Alert, Button, ProblemAlert } from '../shared/parts/basic'
import { TextField } from '../shared/parts/field'
import { notFirst } from '../shared/parts/page'
import { expired, node, signIn } from '../shared/session'
import { t } from '../shared/texts'
import { Preferences } from './preferences'
import { Wordmark } from './wordmark'

export function SignIn() {
  const email = useSignal(expired.value?.email ?? '')
  const password = useSignal('')
  const missing = useSignal(false)
  const { busy, problem, run } = useAction()
  const title = t('sign_in.title')
  useEffect(notFirst, [])
  useEffect(() => {
    document.title = `${title} · ${node.value?.name ?? t('app.name')}`
  }, [title])

  const submit = (event: Event) => {
    event.preventDefault()
    missing.value = !email.value || !password.value
    if (missing.value) document.getElementById(email.value ? 'field-password' : 'field-email')?.focus()
    else void run(() => signIn(email.value.trim(), password.value))
  }
  const needed = (value: string) => (missing.value && !value ? t('error.missing') : undefined)
  return (
    <main class="alone">
      <Wordmark city={node.value?.name ?? ''} />
      <h1>{title}</h1>
      <p class="lead">{t(node.value?.role === 'office' ? 'sign_in.lead_office' : 'sign_in.lead')}</p>
      {expired.value && <Alert tone="info" title={t('sign_in.expired')} live><p>{t('sign_in.expired_text')}</p></Alert>}
      <ProblemAlert problem={problem.value} />
      <form class="form" noValidate onSubmit={submit}>
        <TextField name="email" label={t('field.email')} type="email" autocomplete="username" value={email.value} error={needed(email.value)} onValue={(value) => { email.value = value }} />
        <TextField name="password" label={t('field.password')} type="password" autocomplete="current-password" value={password.value} error={needed(password.value)} onValue={(value) => { password.value = value }} />
        <Button type="submit" kind="primary" busy={busy.value}>{t('sign_in.submit')}</Button>
      </form>
      <p class="hint">{t('sign_in.help')}</p>
      <Preferences />
    </main>
  )
}
