// Who is signed in, and to which node.
import { computed, signal } from '@preact/signals'
import { call, Problem, signedOut, type Schemas } from './api'
import { preferredLanguage } from './languages'
import { notice } from './say'
import { chooseLanguage } from './texts'

export type Session = Schemas['Session']

/** Null until the node has been asked. */
export const session = signal<Session | null>(null)
export const user = computed(() => session.value?.user ?? null)
export const node = computed(() => session.value?.node ?? null)
export const isOffice = computed(() => node.value?.role === 'office')
export const mayWrite = computed(() => user.value?.role === 'coordinator' || user.value?.role === 'admin')
export const isAdmin = computed(() => user.value?.role === 'admin')

/** Whose session ended by itself: the sign-in screen then says that nothing was lost. */
export const expired = signal<Session['user']>(null)

signedOut.current = () => {
  const before = session.peek()
  if (!before?.user) return
  expired.value = before.user
  session.value = { ...before, user: null }
}

/** Also without an answer there are texts afterwards, to say so. */
export async function loadSession(): Promise<void> {
  const answer = call('get', '/api/v1/session')
  const known = await answer.catch(() => null)
  await chooseLanguage(known?.user?.language ?? preferredLanguage())
  session.value = await answer
}

export async function signIn(email: string, password: string): Promise<void> {
  const answer = await call('post', '/api/v1/session', { body: { email, password } })
  if (answer.user) await chooseLanguage(answer.user.language)
  expired.value = null
  session.value = answer
}

export async function signOut(): Promise<void> {
  await call('delete', '/api/v1/session').catch((problem: Problem) => {
    if (problem.status !== 401) throw problem
  })
  sessionStorage.clear()
  notice.value = null
  session.value = { ...session.value!, user: null }
}
