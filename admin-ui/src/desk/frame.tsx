// What surrounds every screen: where I am, where I can go, who I am; and the live region for screen readers.
import { useSignal } from '@preact/signals'
import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { call, type Schemas } from '../shared/api'
import { askToLeave, type Leaving } from '../shared/draft'
import { LIVE, useAction, useLoad } from '../shared/load'
import { Button, Icon, ProblemAlert } from '../shared/parts/basic'
import { Dialog } from '../shared/parts/dialog'
import { loadParts } from '../shared/parts/part'
import { guard, place } from '../shared/router'
import { spoken } from '../shared/say'
import { isAdmin, isOffice, mayWrite, node, session, signOut, user } from '../shared/session'
import { t, tn, type TextKey } from '../shared/texts'
import { Preferences } from './preferences'
import { Waiting } from './waiting'
import { Wordmark } from './wordmark'

interface Entry {
  href: string
  text: TextKey
  icon: string
}

const cityEntries: Entry[] = [
  { href: '/', text: 'nav.today', icon: 'home' },
  { href: '/proposals', text: 'nav.proposals', icon: 'draft' },
  { href: '/offers', text: 'nav.offers', icon: 'checklist' },
  { href: '/organisations', text: 'nav.organisations', icon: 'account-circle' },
  { href: '/network/proposals', text: 'nav.network', icon: 'language' },
  { href: '/connections', text: 'nav.connections', icon: 'autorenew' },
]
const writerEntries: Entry[] = [{ href: '/import', text: 'nav.import', icon: 'drive-folder-upload' }]
const officeEntries: Entry[] = [{ href: '/', text: 'nav.members', icon: 'home' }]
const adminEntries: Entry[] = [{ href: '/administration', text: 'nav.administration', icon: 'dehaze' }]

function isHere(href: string): boolean {
  const path = place.value.path
  const root = `/${href.split('/')[1]}`
  return href === '/' ? path === '/' : path === root || path.startsWith(`${root}/`)
}

function Navigation({ waiting }: { waiting: number }) {
  const entries = [...(isOffice.value ? officeEntries : [...cityEntries, ...(mayWrite.value ? writerEntries : [])]), ...(isAdmin.value ? adminEntries : [])]
  return (
    <nav aria-label={t('nav.label')}>
      <ul class="nav">
        {entries.map(({ href, text, icon }) => (
          <li key={href}>
            <a href={href} aria-current={isHere(href) ? 'page' : undefined}>
              <Icon name={icon} />
              <span>{t(text)}</span>
              {text === 'nav.today' && waiting > 0 && (
                <span class="nav__count">
                  <span aria-hidden="true">{waiting}</span>
                  <span class="kern-sr-only">{tn('today.waiting', waiting)}</span>
                </span>
              )}
            </a>
          </li>
        ))}
      </ul>
    </nav>
  )
}

function LeaveDialog() {
  const asked = useSignal<{ go: () => void; leaving: Leaving } | null>(null)
  useEffect(() => {
    askToLeave.current = (go, leaving) => {
      asked.value = { go, leaving }
    }
  }, [])
  if (!asked.value) return null
  const { go, leaving } = asked.value
  const stay = () => {
    asked.value = null
  }
  const act = () => {
    stay()
    go()
  }
  return (
    <Dialog title={t('leave.title')} submit={t('leave.stay')} onSubmit={stay} onClose={stay} other={{ text: t(leaving === 'leave' ? 'leave.go' : 'leave.sign_out'), act }}>
      <p>{t(leaving === 'leave' ? 'leave.text' : 'leave.sign_out_text')}</p>
    </Dialog>
  )
}

const waitingFor = ({ items }: Schemas['Today']) => items.reduce((sum, { count }) => sum + count, 0)

export function Frame({ children }: { children: ComponentChildren }) {
  const open = useSignal(false)
  const today = useLoad('today', async () => (isOffice.value ? { items: [] } : call('get', '/api/v1/today')), LIVE)
  const leaving = useAction()
  const menu = useRef<HTMLButtonElement>(null)
  const close = () => {
    open.value = false
  }
  useEffect(() => {
    if (today.data.value) loadParts() // the line is free now
  }, [today.data.value === null])
  const toContent = () => document.querySelector<HTMLElement>('main h1')?.focus()
  useEffect(() => {
    if (!open.peek()) return
    close()
    toContent()
  }, [place.value])
  const skip = (event: Event) => {
    event.preventDefault()
    toContent()
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !open.value) return
    close()
    menu.current?.focus()
  }
  const leave = () => {
    const go = () => void leaving.run(signOut)
    if (guard.value) askToLeave.current(go, 'sign_out')
    else go()
  }
  return (
    <div class="frame">
      <a class="skip" href="#main" onClick={skip}>{t('nav.skip')}</a>
      <header class="bar">
        <Wordmark city={node.value?.name ?? ''} />
        <button ref={menu} type="button" class="bar__menu kern-btn kern-btn--secondary" onKeyDown={onKeyDown} aria-expanded={open.value} aria-controls="side" onClick={() => { open.value = !open.value }}>
          <Icon name={open.value ? 'close' : 'dehaze'} />
          <span class="kern-label">{t('nav.menu')}</span>
        </button>
      </header>
      <div id="side" class={open.value ? 'side side--open' : 'side'} onKeyDown={onKeyDown}>
        <Navigation waiting={today.data.value ? waitingFor(today.data.value) : (session.value?.today_count ?? 0)} />
        <div class="side__foot">
          <a class="me" href="/account" aria-current={place.value.path === '/account' ? 'page' : undefined}>
            <span class="me__name">{user.value?.name}</span>
            <span class="me__role">{user.value && t(`role.${user.value.role}`)}</span>
          </a>
          <Preferences />
          <Button kind="tertiary" icon="logout" busy={leaving.busy.value} onClick={leave}>{t('action.sign_out')}</Button>
          <ProblemAlert problem={leaving.problem.value} />
        </div>
      </div>
      <main id="main"><Waiting.Provider value={today}>{children}</Waiting.Provider></main>
      <div class="kern-sr-only" aria-live="polite" role="status">{spoken.value}</div>
      <LeaveDialog />
    </div>
  )
}
