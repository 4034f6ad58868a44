// The only caller of fetch. Paths, parameters, bodies and answers are typed by the OpenAPI document.
import type { components, paths } from './api_types'

export type Schemas = components['schemas']
export type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
export type Path = keyof paths

type Operation<P extends Path, M extends Method> = paths[P][M]
type Parameters<O, In extends string> = O extends { parameters: infer A } ? (In extends keyof A ? A[In] : never) : never
type Body<O> = O extends { requestBody: { content: infer C } } ? C[keyof C] : never
type Content<R> = R extends { content: infer C } ? C[keyof C] : void
type Answer<O> = O extends { responses: infer R }
  ? { [S in keyof R]: S extends 200 | 201 | 204 ? Content<R[S]> : never }[keyof R]
  : never

interface Options<O> {
  path?: Parameters<O, 'path'>
  query?: Parameters<O, 'query'>
  body?: Body<O>
  version?: number // sent as If-Match
}

/** What went wrong, as the node said it, or `unreachable` when it said nothing. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: Schemas['ProblemCode'] | 'unreachable',
    readonly detail: string,
    readonly errors: Schemas['ProblemError'][] = [],
    readonly current: unknown = null,
    readonly retryAfter: number | null = null,
  ) {
    super(detail)
  }
}

/** Called when the node says that nobody is signed in (any more); set by the session. */
export const signedOut: { current: () => void } = { current: () => {} }

const kept = new Map<string, Promise<unknown>>()

/** Keeps an answer that was asked for early, for the screen that asks for the same in a moment: it is given once. */
export function keepAnswer<T>(url: string, answer: Promise<T>): Promise<T> {
  answer.catch(() => {}) // who takes it hears of that
  kept.set(url, answer)
  return answer
}

function takeAnswer<T>(url: string): Promise<T> | undefined {
  const answer = kept.get(url) as Promise<T> | undefined
  kept.delete(url)
  return answer
}

// A creation that got no answer is repeated under the same key, so that it cannot happen twice. By request: others go on
// meanwhile.
const unanswered = new Map<string, string>()
const creations = /\/(organisations|contacts|proposals|offers|forwards|responses|users|tokens|invitations)$/

function creationKey(request: string): string {
  const known = unanswered.get(request)
  if (known) return known
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  const key = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
  unanswered.set(request, key)
  return key
}

function address(path: string, parameters: object, query: object): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(parameters[name as keyof typeof parameters])))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) {
      if (one !== undefined && one !== null && one !== '') search.append(name, String(one))
    }
  }
  return search.size > 0 ? `${filled}?${search}` : filled
}

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => null)) as Schemas['Problem'] | null
  const retryAfter = Number(response.headers.get('Retry-After')) || null
  return new Problem(response.status, body?.code ?? 'internal', body?.detail ?? '', body?.errors, body?.current, retryAfter)
}

/** Sends one request; throws Problem. A Blob body is sent as it is (text/csv), everything else as JSON. */
export function call<P extends Path, M extends Method>(method: M, path: P, options: Options<Operation<P, M>> = {}): Promise<Answer<Operation<P, M>>> {
  const url = address(path, options.path ?? {}, options.query ?? {})
  return (method === 'get' && takeAnswer<Answer<Operation<P, M>>>(url)) || send(method, path, url, options)
}

async function send<O>(method: Method, path: Path, url: string, { version, body }: Options<O>): Promise<Answer<O>> {
  const raw = (body as unknown) instanceof Blob
  const text = body === undefined || raw ? null : JSON.stringify(body)
  const headers = new Headers({ 'X-Requested-With': 'herausforderung', Accept: 'application/json' })
  if (raw) headers.set('Content-Type', 'text/csv')
  if (text !== null) headers.set('Content-Type', 'application/json')
  if (version !== undefined) headers.set('If-Match', `"${version}"`)
  const request = `${url} ${text}`
  if (method === 'post' && text !== null && creations.test(path)) headers.set('Idempotency-Key', creationKey(request))

  let response: Response
  try {
    response = await fetch(url, { method: method.toUpperCase(), headers, body: raw ? (body as unknown as Blob) : text })
  } catch {
    throw new Problem(0, 'unreachable', '')
  }
  if (response.status < 500) unanswered.delete(request)
  if (!response.ok) {
    const problem = await problemOf(response)
    if (problem.code === 'unauthenticated') signedOut.current()
    throw problem
  }
  return (response.status === 204 ? undefined : await response.json()) as Answer<O>
}

/** One language catalogue of this release. */
export const fetchTexts = (path: string): Promise<Record<string, string>> => takeAnswer<Record<string, string>>(path) ?? readTexts(path)

async function readTexts(path: string): Promise<Record<string, string>> {
  const response = await fetch(path).catch(() => null)
  if (!response?.ok) throw new Problem(response?.status ?? 0, 'unreachable', path)
  return (await response.json()) as Record<string, string>
}

