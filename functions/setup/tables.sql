-- The tables of the bundled batch, for a first deployment. Run once, by a user who may create tables.
CREATE TABLE IF NOT EXISTS public.orders (
    order_id BIGINT NOT NULL,
    customer_id BIGINT NOT NULL,
    order_date DATE NOT NULL,
    quantity INTEGER NOT NULL,
    unit_price DECIMAL(12, 2) NOT NULL
);

CREATE TABLE IF NOT EXISTS public.mart_customer_summary (
    customer_id BIGINT NOT NULL,
    total_orders BIGINT NOT NULL,
    total_amount DECIMAL(18, 2) NOT NULL,
    last_order_date DATE NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
