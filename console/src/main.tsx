import { render } from 'preact'
import { App } from './app.tsx'
import { SignInGate } from './sign-in.tsx'
import './styles/base.css'
import './styles/frame.css'
import './styles/lists.css'
import './styles/session.css'
import './styles/sign-in.css'

const root = document.getElementById('app')
if (root !== null) {
  render(
    <SignInGate>
      <App />
    </SignInGate>,
    root,
  )
}
