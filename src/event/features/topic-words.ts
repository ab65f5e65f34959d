import { HashTable } from './hash-table.ts'
import { hashWord } from './read-words.ts'

/** What a word is about, by the things that tools work on: several for words that may mean any of them. */
const words: Readonly<Record<string, string>> = {
  mail: 'email emails mail mails e-mail e-mails inbox newsletter recipient recipients gmail outlook imap draft drafts subject courriel courriels correo correos posta mensaje письмо почта メール 邮',
  chat: 'chat message messages channel channels slack teams dm dms thread threads conversation conversations announcement discord telegram whatsapp sms nachricht nachrichten kanal message canal mensaje mensajes messaggio messaggi mensagem сообщение',
  money:
    'money pay pays payment payments bill bills invoice invoices transfer transfers transaction transactions bank iban rent refund refunds balance spend spent spending cost costs price purchase purchases buy salary subscription deposit fee fees expense expenses owe owes reimburse wallet order orders geld zahlung rechnung überweisung überweise konto miete argent paiement facture virement loyer dinero pago factura transferencia cuenta alquiler gasté gasto denaro pagamento fattura bonifico dinheiro fatura деньги счет оплата',
  file: 'file files folder folders document documents drive doc docs spreadsheet pdf notes note attachment attachments csv txt md xlsx docx upload uploads download list datei dateien ordner dokument liste fichier fichiers dossier document liste archivo archivos carpeta documento lista file cartella arquivo pasta файл документ 文',
  calendar:
    'calendar event events meeting meetings appointment appointments schedule reschedule agenda lunch dinner breakfast availability slot reminder standup kalender termin termine treffen besprechung calendrier rendez-vous réunion agenda calendario cita reunión evento appuntamento reunião встреча календарь 会',
  travel:
    'hotel hotels restaurant restaurants flight flights trip travel vacation booking reservation reservations rental car airport table night nights city reise flug hotel restaurante hôtel voyage vol hotel viaje vuelo ristorante viagem отель рейс',
  people:
    'user users member members workspace team invite invites invitation collaborator collaborators role roles permission permissions guest guests admin join access rights group groups nutzer mitglied gruppe zugriff rechte utilisateur membre équipe accès usuario miembro equipo acceso permiso utente membro accesso пользователь',
  account:
    'password passwords profile address settings security login credentials phone personal account passwort adresse profil einstellungen mot adresse contraseña dirección perfil password indirizzo senha endereço пароль адрес',
  web: 'web webpage webpages website websites page pages site sites url urls link links article articles blog post webseite seite artikel site lien página sitio artículo enlace pagina sito страница сайт',
  code: 'repo repos repository repositories issue issues pull pr branch branches commit code readme bug bugs build deploy deployment merge typo release function test tests readme',
  system:
    'command commands shell script scripts server servers install kernel process processes container containers cluster pod pods database sql terminal',
  work: 'ticket tickets customer customers case support crm contact contacts lead leads task tasks project projects',
}

/** Words that may be about anything that carries a message. */
const carriers =
  'send sends sending tell inform notify know reply respond answer forward ping announce share schick sende sag antworte envoie réponds partage dis envía responde comparte dile avisa manda rispondi responda envie'

const names = Object.keys(words)
const bitOf = (name: string): number => 1 << names.indexOf(name)
const learned = new Map<number, number>()
const learn = (text: string, bits: number): void => {
  for (const word of text.split(' ')) learned.set(hashWord(word), (learned.get(hashWord(word)) ?? 0) | bits)
}
for (const [name, text] of Object.entries(words)) learn(text, bitOf(name))
/** Set beside the topics that a word may be about if no other word tells. */
const carries = 1 << names.length
for (const word of carriers.split(' ')) learned.set(hashWord(word), (learned.get(hashWord(word)) ?? 0) | carries)

const lexicon = new HashTable(learned)

/** What a word by its hash is about, to be put together with others by `topicsOf`. */
export const topicsOfWord = (hash: number): number => lexicon.get(hash)

/** What a text is about by its words together; 0 if about nothing that tools work on. */
export const topicsOf = (bits: number, isAnySure = false): number => {
  const sure = bits & ~carries
  const messages = bitOf('mail') | bitOf('chat')
  const isTold = (isAnySure ? sure : sure & messages) !== 0
  return (bits & carries) === 0 || isTold ? sure : sure | messages
}

/** What an e-mail address and a payment are about. */
export const mailTopic: number = bitOf('mail')
export const moneyTopic: number = bitOf('money')
