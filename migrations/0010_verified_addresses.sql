-- A user is found by the address an issuer vouched for where it is not the stored one; where it is, `users_email_key`
-- finds them. Whoever asks must say the condition in these words.
CREATE INDEX `users_verified_elsewhere` ON `users` (`verified_email`) WHERE verified_email <> email_key;
