import { render } from 'preact'
import { App } from './app.tsx'
import './styles/base.css'
import './styles/frame.css'
import './styles/lists.css'
import './styles/session.css'

const root = document.getElementById('app')
if (root !== null) render(<App />, root)
