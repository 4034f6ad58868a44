import type { ComponentChildren } from 'preact'
import { Page } from '../../shared/parts/page'
import { place } from '../../shared/router'
import { isOffice } from '../../shared/session'
import { t, type TextKey } from '../../shared/texts'

const tabs: { name: string; text: TextKey; only?: 'city' | 'office' }[] = [
  { name: 'users', text: 'admin.users' },
  { name: 'peers', text: 'admin.peers' },
  { name: 'join', text: 'admin.join', only: 'city' },
  { name: 'invitations', text: 'admin.invitations', only: 'office' },
  { name: 'alarms', text: 'admin.alarms' },
  { name: 'audit', text: 'admin.audit' },
]

/** A screen of the administration: the tabs are one address each. */
export function AdministrationPage({ title, lead, actions, children }: { title: TextKey; lead: TextKey; actions?: ComponentChildren; children: ComponentChildren }) {
  const here = place.value.path.split('/')[2] ?? 'users'
  const other = isOffice.value ? 'city' : 'office'
  return (
    <Page title={t(title)} lead={t(lead)} actions={actions}>
      <nav class="tabs" aria-label={t('nav.administration')}>
        {tabs.filter(({ only }) => only !== other).map(({ name, text }) => (
          <a key={name} href={`/administration/${name}`} aria-current={here === name ? 'page' : undefined}>{t(text)}</a>
        ))}
      </nav>
      {children}
    </Page>
  )
}
