DELETE FROM mart_customer_summary;
INSERT INTO mart_customer_summary
SELECT customer_id, COUNT(*), SUM(amount), GETDATE() FROM orders GROUP BY customer_id;
