import { render } from 'preact'
import '../shared/style/desk.css'
import '../shared/theme'
import { startKeepingFocus } from '../shared/focus'
import { startRouting } from '../shared/router'
import { App } from './app'

startRouting()
startKeepingFocus()
render(<App />, document.getElementById('desk')!)
