-- What the functions' database user needs for the bundled batch. With temporary credentials that user is
-- "IAMR:<role name>": the stack's output DatabaseUser names it. It exists once the role has connected; create
-- it where it does not. Replace the name below, and run this once, by a user who may grant.
CREATE USER "IAMR:<role name>" PASSWORD DISABLE;

GRANT USAGE ON SCHEMA public TO "IAMR:<role name>";

GRANT SELECT ON public.orders TO "IAMR:<role name>";

GRANT SELECT, INSERT, DELETE ON public.mart_customer_summary TO "IAMR:<role name>";
