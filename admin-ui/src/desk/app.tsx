// Decides what is on the screen: sign-in, or the frame with the screen of the present address.
import { useEffect } from 'preact/hooks'
import { useAction } from '../shared/load'
import { Loading, ProblemAlert } from '../shared/parts/basic'
import { match, place } from '../shared/router'
import { isOffice, loadSession, session, user } from '../shared/session'
import { Frame } from './frame'
import { NotFound } from './not_found'
import { cityRoutes, officeRoutes } from './routes'
import { SignIn } from './sign_in'

export function App() {
  const start = useAction()
  const load = () => void start.run(loadSession)
  useEffect(load, [])

  if (session.value === null) {
    return <main class="alone">{start.problem.value ? <ProblemAlert problem={start.problem.value} retry={load} /> : <Loading />}</main>
  }
  if (user.value === null) return <SignIn />

  const routes = isOffice.value ? officeRoutes : cityRoutes
  for (const [pattern, screen] of routes) {
    const parameters = match(pattern, place.value.path)
    if (parameters) return <Frame><div key={place.value.path}>{screen(parameters)}</div></Frame>
  }
  return <Frame><NotFound /></Frame>
}
