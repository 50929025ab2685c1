/** The invitation mail in every language, with `{inviter}`, `{account}`, `{role}` and `{date}` where they belong. */
import type { AccountRole } from "../domain/account.ts";
import type { Language } from "../domain/user.ts";

export interface InvitationMessages {
  readonly subject: string;
  /** The same where nobody knows any more who invited. */
  readonly subjectByNobody: string;
  readonly greeting: string;
  readonly invites: string;
  readonly invitesByNobody: string;
  readonly until: string;
  readonly accept: string;
  readonly otherwise: string;
  readonly ignore: string;
  readonly roles: Readonly<Record<AccountRole, string>>;
}

export const invitationMessages: Readonly<Record<Language, InvitationMessages>> = {
  CA: {
    subject: "{inviter} us convida a {account}",
    subjectByNobody: "Us conviden a {account}",
    greeting: "Hola,",
    invites: "{inviter} us convida a unir-vos a {account} amb el rol de {role}.",
    invitesByNobody: "Us conviden a unir-vos a {account} amb el rol de {role}.",
    until: "La invitació és vàlida fins al dia {date}.",
    accept: "Accepteu la invitació",
    otherwise: "Si el botó no funciona, obriu aquesta adreça:",
    ignore:
      "L'enllaç és només per a vós: no el passeu a ningú. Si no esperàveu aquest missatge, ignoreu-lo i no passarà res.",
    roles: { AOWNER: "propietari", AMEMBER: "membre" },
  },
  ES: {
    subject: "{inviter} le invita a {account}",
    subjectByNobody: "Le invitan a {account}",
    greeting: "Hola:",
    invites: "{inviter} le invita a unirse a {account} con el rol de {role}.",
    invitesByNobody: "Le invitan a unirse a {account} con el rol de {role}.",
    until: "La invitación es válida hasta el {date}.",
    accept: "Aceptar la invitación",
    otherwise: "Si el botón no funciona, abra esta dirección:",
    ignore:
      "El enlace es solo para usted: no lo comparta. Si no esperaba este mensaje, ignórelo y no ocurrirá nada.",
    roles: { AOWNER: "propietario", AMEMBER: "miembro" },
  },
  EN: {
    subject: "{inviter} invites you to {account}",
    subjectByNobody: "You are invited to {account}",
    greeting: "Hello,",
    invites: "{inviter} invites you to join {account} as {role}.",
    invitesByNobody: "You are invited to join {account} as {role}.",
    until: "The invitation is valid until {date}.",
    accept: "Accept the invitation",
    otherwise: "If the button does not work, open this address:",
    ignore:
      "The link is for you alone: do not pass it on. If you did not expect this message, ignore it and nothing happens.",
    roles: { AOWNER: "owner", AMEMBER: "member" },
  },
  FR: {
    subject: "{inviter} vous invite à rejoindre {account}",
    subjectByNobody: "Vous êtes invité à rejoindre {account}",
    greeting: "Bonjour,",
    invites: "{inviter} vous invite à rejoindre {account} avec le rôle de {role}.",
    invitesByNobody: "Vous êtes invité à rejoindre {account} avec le rôle de {role}.",
    until: "L'invitation est valable jusqu'au {date}.",
    accept: "Accepter l'invitation",
    otherwise: "Si le bouton ne fonctionne pas, ouvrez cette adresse :",
    ignore:
      "Le lien est pour vous seul : ne le transmettez pas. Si vous n'attendiez pas ce message, ignorez-le et rien ne se passera.",
    roles: { AOWNER: "propriétaire", AMEMBER: "membre" },
  },
  DE: {
    subject: "{inviter} lädt Sie zu {account} ein",
    subjectByNobody: "Sie sind zu {account} eingeladen",
    greeting: "Guten Tag,",
    invites: "{inviter} lädt Sie ein, {account} als {role} beizutreten.",
    invitesByNobody: "Sie sind eingeladen, {account} als {role} beizutreten.",
    until: "Die Einladung gilt bis {date}.",
    accept: "Einladung annehmen",
    otherwise: "Wenn die Schaltfläche nicht funktioniert, öffnen Sie diese Adresse:",
    ignore:
      "Der Link ist nur für Sie bestimmt: Geben Sie ihn nicht weiter. Wenn Sie diese Nachricht nicht erwartet haben, ignorieren Sie sie, und es geschieht nichts.",
    roles: { AOWNER: "Inhaber", AMEMBER: "Mitglied" },
  },
  PT: {
    subject: "{inviter} convida-o para {account}",
    subjectByNobody: "Recebeu um convite para {account}",
    greeting: "Olá,",
    invites: "{inviter} convida-o a juntar-se a {account} com a função de {role}.",
    invitesByNobody: "Recebeu um convite para se juntar a {account} com a função de {role}.",
    until: "O convite é válido até {date}.",
    accept: "Aceitar o convite",
    otherwise: "Se o botão não funcionar, abra este endereço:",
    ignore:
      "A ligação é só para si: não a partilhe. Se não esperava esta mensagem, ignore-a e nada acontecerá.",
    roles: { AOWNER: "proprietário", AMEMBER: "membro" },
  },
};
