"""A local Amazon Redshift Data API for botocore clients.

One service core, two executors (a scripted one for virtual time, PostgreSQL for real SQL) and two ways in
(in process through a botocore hook, over HTTP). It is not Amazon Redshift: no sessions, no CSV results, no
events, no signature check, and every caller sees every statement (AWS shows a statement only to the role
that submitted it).
"""
