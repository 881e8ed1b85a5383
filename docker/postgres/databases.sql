-- Made once, in an empty cluster: MLflow's two databases, and that of the studies, each user with its own.
\set ON_ERROR_STOP on
\getenv mlflow_password MLFLOW_DATABASE_PASSWORD
\getenv studies_password STUDIES_PASSWORD
CREATE ROLE mlflow LOGIN PASSWORD :'mlflow_password';
CREATE DATABASE mlflow OWNER mlflow;
CREATE DATABASE auth OWNER mlflow;
CREATE ROLE studies LOGIN PASSWORD :'studies_password';
CREATE DATABASE studies OWNER studies;
REVOKE CONNECT ON DATABASE mlflow, auth, studies FROM PUBLIC;
