DELETE FROM mart_customer_summary;
INSERT INTO mart_customer_summary (customer_id, total_orders, total_amount, last_order_date, updated_at)
SELECT customer_id, COUNT(DISTINCT order_id), SUM(quantity * unit_price), MAX(order_date), GETDATE()
FROM orders
GROUP BY customer_id;
