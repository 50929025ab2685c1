/** The user that a verified token identifies: its claims, validated and limited in length. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** When the token was issued, in epoch seconds; 0 if it has no `iat`. */
  readonly issuedAt: number;
  /** When the token expires, in epoch seconds. */
  readonly expiresAt: number;
  /** The `email` claim, unchanged. */
  readonly email: string | undefined;
  /** The normalized e-mail if it is verified and the issuer is trusted with e-mails. */
  readonly verifiedEmail: string | undefined;
  readonly name: string | undefined;
  readonly givenName: string | undefined;
  readonly familyName: string | undefined;
  /** The `preferred_username` claim, which replaces the name of a user who has none. */
  readonly username: string | undefined;
  /** An https URL; stored, never fetched. */
  readonly picture: string | undefined;
  readonly locale: string | undefined;
}
