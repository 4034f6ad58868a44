// The first script to arrive, small enough to overtake the others. While they are on their way it asks who is signed in, and
// then at once for all that this person's first screen needs. So nothing that it imports may need preact or its signals.
import { call, fetchTexts, keepAnswer } from '../shared/api'
import { catalogues, preferredLanguage } from '../shared/languages'

async function begin(): Promise<void> {
  const session = await keepAnswer('/api/v1/session', call('get', '/api/v1/session')).catch(() => null)
  const { path } = catalogues[session?.user?.language ?? preferredLanguage()]
  keepAnswer(path, fetchTexts(path))
  if (session?.user && session.node.role === 'city') keepAnswer('/api/v1/today', call('get', '/api/v1/today'))
}

void begin()
