-- The demo's shop: one table of orders of five kinds. The columns that all kinds share are columns;
-- what only one kind has is in "details", with texts per language as {"zh_HK": …, "en_US": …}.
CREATE TYPE order_kind AS ENUM ('bill', 'flight', 'film', 'train', 'ride');

CREATE TABLE orders (
  id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  merchant_biz_no text           NOT NULL UNIQUE,
  kind            order_kind     NOT NULL,
  status          text           NOT NULL,
  user_id         text           NOT NULL,
  amount          numeric(12, 2) NOT NULL,
  pay_amount      numeric(12, 2),
  currency        char(3)        NOT NULL DEFAULT 'HKD',
  due_on          date,
  starts_at       timestamptz,
  ends_at         timestamptz,
  -- No DEFAULT '{}': with it, Apicurio Registry 3.0.9 does not find the schema by its id (Apicurio/apicurio-registry#5713).
  details         jsonb          NOT NULL,
  created_at      timestamptz    NOT NULL DEFAULT clock_timestamp(),
  updated_at      timestamptz    NOT NULL DEFAULT clock_timestamp()
);

-- Debezium's "before" image: a deleted order can then end its card.
ALTER TABLE orders REPLICA IDENTITY FULL;

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END $$;

CREATE TRIGGER orders_touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch();
