/** Who a verified token speaks for: its claims, checked and bounded. */
export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  /** When the token was issued, epoch seconds; 0 when it does not say. */
  readonly issuedAt: number;
  /** When the token ends, epoch seconds. */
  readonly expiresAt: number;
  /** The token's address as written. */
  readonly email: string | undefined;
  /** The normal form of that address, when the issuer is trusted with addresses and says that it is verified. */
  readonly verifiedEmail: string | undefined;
  readonly name: string | undefined;
  readonly givenName: string | undefined;
  readonly familyName: string | undefined;
  /** An https URL; stored, never fetched. */
  readonly picture: string | undefined;
  readonly locale: string | undefined;
}
