/**
 * What the page says, in every language, with `{inviter}`, `{account}`, `{role}`, `{date}` and
 * `{email}` where they belong.
 *
 * @typedef {{
 *   title: string, loading: string, invites: string, invitesByNobody: string, until: string,
 *   accept: string, signIn: string, signInFirst: string, signInThere: string, signedInAs: string,
 *   signedIn: string, another: string, paste: string, token: string, use: string, joined: string,
 *   gone: string, blocked: string, full: string, later: string, failed: string, retry: string, again: string,
 *   roles: Readonly<Record<string, string>>,
 * }} Words
 */

/** @type {Readonly<Record<string, Words>>} */
const languages = {
  en: {
    title: "Invitation",
    loading: "Looking at the invitation…",
    invites: "{inviter} invites you to join {account} as {role}.",
    invitesByNobody: "You are invited to join {account} as {role}.",
    until: "Valid until {date}.",
    accept: "Accept",
    signIn: "Sign in to accept",
    signInFirst: "To accept it, sign in first.",
    signInThere: "To accept it, sign in to the product with the address the invitation was sent to.",
    signedInAs: "Signed in as {email}.",
    signedIn: "You are signed in.",
    another: "Use another account",
    paste: "For developers: use a token",
    token: "Token",
    use: "Use this token",
    joined: "You have joined {account}.",
    gone: "This invitation is not valid: it may have been used, withdrawn or replaced by a newer one, or it has expired.",
    blocked: "This account is blocked and takes no members now.",
    full: "This account has no seat left. Ask who invited you.",
    later: "Too many attempts. Try again in a minute.",
    failed: "That did not work. Try again.",
    retry: "Try again",
    again: "Your session has ended. Sign in again.",
    roles: { AOWNER: "owner", AMEMBER: "member" },
  },
  ca: {
    title: "Invitació",
    loading: "S'està consultant la invitació…",
    invites: "{inviter} us convida a unir-vos a {account} amb el rol de {role}.",
    invitesByNobody: "Us conviden a unir-vos a {account} amb el rol de {role}.",
    until: "Vàlida fins al dia {date}.",
    accept: "Accepta",
    signIn: "Inicieu la sessió per acceptar",
    signInFirst: "Per acceptar-la, primer inicieu la sessió.",
    signInThere: "Per acceptar-la, inicieu la sessió al producte amb l'adreça que va rebre la invitació.",
    signedInAs: "Sessió iniciada com a {email}.",
    signedIn: "Heu iniciat la sessió.",
    another: "Utilitza un altre compte",
    paste: "Per a desenvolupadors: utilitzeu un testimoni",
    token: "Testimoni",
    use: "Utilitza aquest testimoni",
    joined: "Us heu unit a {account}.",
    gone: "Aquesta invitació no és vàlida: potser s'ha utilitzat, retirat o substituït, o ha caducat.",
    blocked: "Aquest compte està bloquejat i ara no admet membres.",
    full: "Aquest compte no té places lliures. Parleu amb qui us ha convidat.",
    later: "Massa intents. Torneu-ho a provar d'aquí a un minut.",
    failed: "No ha funcionat. Torneu-ho a provar.",
    retry: "Torna-ho a provar",
    again: "La sessió ha acabat. Torneu a iniciar-la.",
    roles: { AOWNER: "propietari", AMEMBER: "membre" },
  },
  es: {
    title: "Invitación",
    loading: "Consultando la invitación…",
    invites: "{inviter} le invita a unirse a {account} con el rol de {role}.",
    invitesByNobody: "Le invitan a unirse a {account} con el rol de {role}.",
    until: "Válida hasta el {date}.",
    accept: "Aceptar",
    signIn: "Iniciar sesión para aceptar",
    signInFirst: "Para aceptarla, inicie sesión primero.",
    signInThere: "Para aceptarla, inicie sesión en el producto con la dirección que recibió la invitación.",
    signedInAs: "Sesión iniciada como {email}.",
    signedIn: "Ha iniciado sesión.",
    another: "Usar otra cuenta",
    paste: "Para desarrolladores: usar un token",
    token: "Token",
    use: "Usar este token",
    joined: "Se ha unido a {account}.",
    gone: "Esta invitación no es válida: puede que se haya usado, retirado o sustituido, o ha caducado.",
    blocked: "Esta cuenta está bloqueada y ahora no admite miembros.",
    full: "Esta cuenta no tiene plazas libres. Hable con quien le invitó.",
    later: "Demasiados intentos. Vuelva a intentarlo en un minuto.",
    failed: "No ha funcionado. Vuelva a intentarlo.",
    retry: "Reintentar",
    again: "La sesión ha terminado. Inicie sesión de nuevo.",
    roles: { AOWNER: "propietario", AMEMBER: "miembro" },
  },
  fr: {
    title: "Invitation",
    loading: "Lecture de l'invitation…",
    invites: "{inviter} vous invite à rejoindre {account} avec le rôle de {role}.",
    invitesByNobody: "Vous êtes invité à rejoindre {account} avec le rôle de {role}.",
    until: "Valable jusqu'au {date}.",
    accept: "Accepter",
    signIn: "Se connecter pour accepter",
    signInFirst: "Pour l'accepter, connectez-vous d'abord.",
    signInThere: "Pour l'accepter, connectez-vous au produit avec l'adresse qui a reçu l'invitation.",
    signedInAs: "Connecté en tant que {email}.",
    signedIn: "Vous êtes connecté.",
    another: "Utiliser un autre compte",
    paste: "Pour les développeurs : utiliser un jeton",
    token: "Jeton",
    use: "Utiliser ce jeton",
    joined: "Vous avez rejoint {account}.",
    gone: "Cette invitation n'est pas valable : elle a pu être utilisée, retirée ou remplacée, ou elle a expiré.",
    blocked: "Ce compte est bloqué et n'accepte pas de membres actuellement.",
    full: "Ce compte n'a plus de place. Adressez-vous à la personne qui vous a invité.",
    later: "Trop de tentatives. Réessayez dans une minute.",
    failed: "Cela n'a pas fonctionné. Réessayez.",
    retry: "Réessayer",
    again: "Votre session est terminée. Connectez-vous de nouveau.",
    roles: { AOWNER: "propriétaire", AMEMBER: "membre" },
  },
  de: {
    title: "Einladung",
    loading: "Die Einladung wird geprüft…",
    invites: "{inviter} lädt Sie ein, {account} als {role} beizutreten.",
    invitesByNobody: "Sie sind eingeladen, {account} als {role} beizutreten.",
    until: "Gültig bis {date}.",
    accept: "Annehmen",
    signIn: "Zum Annehmen anmelden",
    signInFirst: "Melden Sie sich zuerst an, um sie anzunehmen.",
    signInThere:
      "Um sie anzunehmen, melden Sie sich beim Produkt mit der Adresse an, an die sie geschickt wurde.",
    signedInAs: "Angemeldet als {email}.",
    signedIn: "Sie sind angemeldet.",
    another: "Anderes Konto verwenden",
    paste: "Für Entwickler: ein Token verwenden",
    token: "Token",
    use: "Dieses Token verwenden",
    joined: "Sie sind {account} beigetreten.",
    gone: "Diese Einladung gilt nicht: Sie wurde vielleicht schon verwendet, zurückgezogen oder ersetzt, oder sie ist abgelaufen.",
    blocked: "Dieses Konto ist gesperrt und nimmt zurzeit keine Mitglieder auf.",
    full: "Dieses Konto hat keinen freien Platz. Fragen Sie, wer Sie eingeladen hat.",
    later: "Zu viele Versuche. Versuchen Sie es in einer Minute wieder.",
    failed: "Das hat nicht geklappt. Versuchen Sie es noch einmal.",
    retry: "Noch einmal versuchen",
    again: "Ihre Sitzung ist beendet. Melden Sie sich wieder an.",
    roles: { AOWNER: "Inhaber", AMEMBER: "Mitglied" },
  },
  pt: {
    title: "Convite",
    loading: "A consultar o convite…",
    invites: "{inviter} convida-o a juntar-se a {account} com a função de {role}.",
    invitesByNobody: "Recebeu um convite para se juntar a {account} com a função de {role}.",
    until: "Válido até {date}.",
    accept: "Aceitar",
    signIn: "Iniciar sessão para aceitar",
    signInFirst: "Para o aceitar, inicie sessão primeiro.",
    signInThere: "Para o aceitar, inicie sessão no produto com o endereço que recebeu o convite.",
    signedInAs: "Sessão iniciada como {email}.",
    signedIn: "Tem sessão iniciada.",
    another: "Usar outra conta",
    paste: "Para programadores: usar um token",
    token: "Token",
    use: "Usar este token",
    joined: "Juntou-se a {account}.",
    gone: "Este convite não é válido: pode ter sido usado, retirado ou substituído, ou expirou.",
    blocked: "Esta conta está bloqueada e não aceita membros agora.",
    full: "Esta conta não tem lugares livres. Fale com quem o convidou.",
    later: "Demasiadas tentativas. Tente de novo dentro de um minuto.",
    failed: "Não funcionou. Tente de novo.",
    retry: "Tentar de novo",
    again: "A sessão terminou. Inicie sessão de novo.",
    roles: { AOWNER: "proprietário", AMEMBER: "membro" },
  },
};

/**
 * The first of a reader's languages that the page speaks, English if none.
 *
 * @param {readonly string[]} wanted
 * @returns {{ language: string, words: Words }}
 */
export function wordsFor(wanted) {
  const codes = [...wanted.map((tag) => tag.slice(0, 2).toLowerCase()), "en"];
  for (const language of codes) {
    const words = languages[language];
    if (words !== undefined) return { language, words };
  }
  throw new Error("no words");
}

/**
 * Puts values where `{name}` stands.
 *
 * @param {string} sentence
 * @param {Readonly<Record<string, string>>} values
 */
export function fill(sentence, values) {
  return sentence.replaceAll(/\{(\w+)\}/g, (placeholder, name) => values[name] ?? placeholder);
}
