-- The groups every service has, what they grant, and two public zones.
INSERT INTO groups (id, name) VALUES (1, 'Administrators'), (2, 'Metering'), (3, 'Support');
--> statement-breakpoint
INSERT INTO group_permissions (group_id, permission) VALUES
  (1, 'account:read'),
  (1, 'account:write'),
  (1, 'account:delete'),
  (1, 'members:read'),
  (1, 'members:search'),
  (1, 'members:write'),
  (1, 'invites:read'),
  (1, 'invites:write'),
  (1, 'usage:read'),
  (1, 'usage:write'),
  (1, 'logo:read'),
  (1, 'logo:write'),
  (1, 'saml:read'),
  (1, 'audit:read'),
  (1, 'account:export'),
  (1, 'users:read'),
  (1, 'users:write'),
  (1, 'groups:assign'),
  (1, 'analysts:read'),
  (1, 'login:read'),
  (2, 'account:read'),
  (2, 'usage:write'),
  (2, 'usage:read'),
  (3, 'account:read'),
  (3, 'members:read'),
  (3, 'invites:read'),
  (3, 'usage:read'),
  (3, 'logo:read'),
  (3, 'saml:read'),
  (3, 'audit:read'),
  (3, 'users:read'),
  (3, 'analysts:read'),
  (3, 'login:read');
--> statement-breakpoint
INSERT INTO zones (id, uuid, slug, title, cloud_provider, private, location_hint) VALUES
  (1, '6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e01', 'europe-1', 'Europe 1', 'CLOUDFLARE', 0, 'weur'),
  (2, '6b0c3f52-1a0e-4a57-9f6e-2d6a8f0d1e02', 'us-1', 'US 1', 'CLOUDFLARE', 0, 'enam');
