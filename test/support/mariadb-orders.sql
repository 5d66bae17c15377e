-- The demo's table of orders (test/demo/orders.sql), as a shop with MariaDB or MySQL would have it.
CREATE TABLE orders (
  id              bigint         NOT NULL AUTO_INCREMENT PRIMARY KEY,
  merchant_biz_no varchar(64)    NOT NULL UNIQUE,
  kind            enum('bill', 'flight', 'film', 'train', 'ride') NOT NULL,
  status          varchar(32)    NOT NULL,
  user_id         varchar(64)    NOT NULL,
  amount          decimal(12, 2) NOT NULL,
  pay_amount      decimal(12, 2),
  currency        char(3)        NOT NULL DEFAULT 'HKD',
  due_on          date,
  starts_at       timestamp(3)   NULL,
  ends_at         datetime(3),
  details         json           NOT NULL,
  created_at      timestamp(6)   NOT NULL DEFAULT current_timestamp(6),
  updated_at      timestamp(6)   NOT NULL DEFAULT current_timestamp(6) ON UPDATE current_timestamp(6)
) CHARACTER SET utf8mb4
