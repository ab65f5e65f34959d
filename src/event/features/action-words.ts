import { HashTable } from './hash-table.ts'
import { hashWord } from './read-words.ts'

/** What a word asks for, as bits. Tools' names, what users say and texts that give orders are read alike. */
export const actions = {
  send: 1,
  pay: 2,
  destroy: 4,
  write: 8,
  admin: 16,
  execute: 32,
  read: 64,
  /** Says that something is to be done and not what: `make`, `do`. */
  any: 128,
  /** Hands the decision over to a text: `follow the instructions`, `do the tasks on my list`. */
  delegate: 256,
  /** The word is as often a thing as an action: `email`, `report`. It is an action where verbs stand. */
  ambiguous: 1024,
  /** A verb may follow: `to`, `please`, `and`. */
  introduces: 2048,
  /** Speaks to whoever works for the user: `assistant`, `your task`, `previous instructions`. */
  address: 512,
} as const

/** The bits of actions as such. */
const actionMask = 511
/** All that a sentence as a whole may ask for. */
export const askedMask = 511 | 512
/** The bits of actions that have an effect. */
export const effectMask = actions.send | actions.pay | actions.destroy | actions.write | actions.admin | actions.execute
/** Objects of an action are as many bits higher than the action itself: `email` is one of `send`. */
const objectShift = 16

export const objectsOf = (mask: number): number => (mask >>> objectShift) & effectMask

/** Verbs of English, given once and looked up in each form. */
const english: Readonly<Record<string, string>> = {
  send: 'send email mail message post publish reply respond forward notify tell inform remind ping text dm tweet broadcast announce contact transmit deliver share submit upload cc bcc alert leak exfiltrate report communicate answer comment rsvp relay',
  pay: 'pay transfer wire refund buy purchase order deposit donate withdraw reimburse settle remit spend charge subscribe checkout tip invest repay bill bid sell trade top-up compensate',
  destroy:
    'delete remove erase drop purge wipe cancel clear trash kick revoke uninstall destroy truncate terminate discard unsubscribe empty reset kill shred clean unshare ban expel dismiss decline unlink detach close overwrite disable deactivate block',
  write:
    'create add update edit change modify set insert append save book reserve schedule reschedule move rename replace mark assign register fill enter write store record plan put arrange organize draft compose prepare generate adjust correct fix file archive copy import attach sync extend merge commit push upload make block shift postpone delay duplicate clone build increase decrease raise lower configure apply approve accept confirm redirect replace pin upvote subscribe',
  admin:
    'invite grant permit allow authorize enable promote elevate share assign whitelist disable unlock lock reset appoint onboard add change update set configure rotate register revoke approve rename give',
  execute:
    'run execute install download launch deploy evaluate invoke trigger restart start stop build compile test call script apply reboot curl wget activate',
  read: 'read open visit go browse click fetch get find search list look show summarize view retrieve display query access inspect analyze navigate scan compare explain describe count calculate extract review lookup see know tell translate identify determine recommend suggest choose load scrape crawl download',
  any: 'do make perform handle process need want help proceed ensure give arrange organize manage act use take let please',
}

/** Words that are looked up as they stand, in several languages. */
const plain: Readonly<Record<string, string>> = {
  send: 'sende senden schick schicke schicken sendet schreib schreibe antworte benachrichtige veröffentliche teile teilen weiterleiten envoie envoyer envoyez envoyé publie publier réponds répondre partage partager transfère préviens envía envíe enviar envíale manda mandar mande publica publicar responde responder comparte compartir reenvía avisa invia inviare inviate manda pubblica rispondi condividi inoltra envie enviar mande publique responda stuur sturen verstuur deel plaats отправь отправьте отправить перешли ответь 发 送',
  pay: 'überweise überweisen bezahle bezahlen zahle zahlen kaufe bestelle virement paie payer payez achète acheter verse verser paga pagar pague compra comprar transfiere transferir transfiera deposita bonifico pagare compra trasferisci transfira compre betaal betalen overmaken koop переведи оплати заплати купи 付 转',
  destroy:
    'lösche löschen entferne entfernen storniere supprime supprimer supprimez efface retire annule annuler elimina eliminar elimine borra borrar quita cancela cancelar cancella eliminare rimuovi apague remova exclua cancele verwijder verwijderen wis annuleer удали удалить удалите отмени 删',
  write:
    'erstelle erstellen füge hinzufügen ändere ändern aktualisiere trage buche buchen reserviere reservieren verschiebe speichere lege crée créer créez ajoute ajouter modifie modifier change réserve réserver planifie enregistre mets crea crear cree añade agregar agrega cambia cambiar actualiza modifica reserva reservar programa guarda crea creare aggiungi aggiorna prenota prenotare salva sposta crie adicione altere atualize reserve marque maak maken voeg wijzig boek boeken reserveer plan создай добавь измени обнови забронируй 创',
  admin:
    'einladen lade gewähre berechtige befördere invite inviter autorise accorde invita invitar autoriza concede invitare concedi convide nodig пригласи разреши 邀',
  execute:
    'ausführen führe installiere starte exécute exécuter lance installe ejecuta ejecutar instala esegui installa execute instale voer uitvoeren installeer запусти выполни установи',
  read: 'what which who when where how what’s whats lies lese lesen zeige zeig suche finde fasse öffne welche wann was wer wie lis lire montre cherche trouve résume quel quelle quels combien ouvre lee leer muestra busca encuentra resume cuál qué cuánto quién cuándo abre leggi mostra cerca trova riassumi quale quanto chi leia mostre procure encontre resuma qual quanto quem lees toon zoek vind vat welke wat прочитай покажи найди какой что кто сколько 读 查 找 看 読 見 教 何',
  any: 'mach mache machen tue erledige bitte fais faire faites peux haz hacer haga puedes favor fai fare puoi faça fazer pode doe doen kun сделай сделать пожалуйста 做 请',
  delegate:
    'tasks task instructions instruction todo todos to-do to-dos steps follow checklist tells says asks asked requests requested needed necessary accordingly actions requirements whatever everything directions procedure guidelines according described specified listed suggests wants aufgaben anweisungen schritte tâches instructions étapes tareas instrucciones pasos compiti istruzioni tarefas instruções taken instructies задачи инструкции',
  address:
    'assistant agent ai chatbot llm gpt claude gemini llama copilot bot instructions instruction prompt previous ignore disregard override assistente asistente assistentin anweisungen ignoriere ignorer ignora ignorez instrucciones asistente istruzioni ассистент инструкции',
}

/** What an action is done to: counts only beside a word that says that something is to be done. */
const objects: Readonly<Record<string, string>> = {
  send: 'email emails e-mail mail message messages reply invitation notification tweet dm announcement nachricht courriel correo mensaje messaggio mensagem',
  pay: 'money funds payment payments transaction transfer purchase refund order deposit donation rent invoice überweisung zahlung paiement virement pago transferencia pagamento',
  write:
    'event events appointment meeting reservation booking reminder note calendar document file list entry termin réservation rendez-vous evento reunión reserva evento prenotazione',
  admin:
    'password permission permissions access role member collaborator user users admin account settings address passwort zugriff accès contraseña acceso',
  execute: 'command script code program installation',
}

const forms = (verb: string): readonly string[] => {
  const stem = verb.endsWith('e') ? verb.slice(0, -1) : verb
  const isDoubled = /^[^aeiou]*[aeiou][bdgmnprt]$/.test(verb)
  const base = isDoubled ? verb + (verb.at(-1) ?? '') : stem
  const plural = verb.endsWith('y') ? `${verb.slice(0, -1)}ies` : /(s|sh|ch|x)$/.test(verb) ? `${verb}es` : `${verb}s`
  // What was done is not asked for: no past forms.
  return [verb, plural, `${base}ing`, ...(verb.endsWith('ize') ? [verb.replace(/ize$/, 'ise')] : [])]
}

const ambiguous =
  'email mail message post text report comment note plan file book order charge log label tag star review rate check mark contact update change share purchase transfer deposit bill call test record set open start run copy like block lock finish need use reply alert answer star pin bid trade top record archive draft register list view display access query search count look point fill schedule reserve move increase raise wire spend tip install import sync apply name follow load download upload crawl visit click show process request handle help want let take act give make place target script program build ping address note track'.split(
    ' ',
  )
const introducers =
  'please to and then you also must should will would could can just or not kindly now first next finally afterwards after so lets let go help me it them need want'

const learned = new Map<number, number>()
const learn = (word: string, bits: number): void => {
  learned.set(hashWord(word), (learned.get(hashWord(word)) ?? 0) | bits)
}
const bitOf = (name: string): number => actions[name as keyof typeof actions]
for (const [name, verbs] of Object.entries(english)) {
  for (const verb of verbs.split(' ')) for (const form of forms(verb)) learn(form, bitOf(name))
}
for (const [name, words] of Object.entries(plain)) for (const word of words.split(' ')) learn(word, bitOf(name))
for (const [name, words] of Object.entries(objects)) {
  for (const word of words.split(' ')) learn(word, bitOf(name) << objectShift)
}

for (const word of ambiguous) for (const form of forms(word).slice(0, 2)) learn(form, actions.ambiguous)
for (const word of introducers.split(' ')) learn(word, actions.introduces)

const lexicon = new HashTable(learned)

/** What a word by its hash asks for: bits of `actions`, and of their objects; 0 if it asks for nothing. */
export const actionsOfWord = (hash: number): number => lexicon.get(hash)

/** The same for a word behind another one (its bits; -1 at the beginning): what is only a thing there is no action. */
export const actionsAfter = (bits: number, before: number): number =>
  (bits & actions.ambiguous) !== 0 && before !== -1 && (before & actions.introduces) === 0 ? bits & ~actionMask : bits
