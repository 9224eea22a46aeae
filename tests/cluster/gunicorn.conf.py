# Started once for each worker, on a port of its own:
#   gunicorn -c gunicorn.conf.py --bind 127.0.0.1:5001 app:app
worker_class = "gevent"
# Never more: only the process that has opened a session knows it.
workers = 1
# Pages that are connected at a time, and requests besides.
worker_connections = 1000
# Seconds that open requests have when the worker is told to end, or to begin anew (HUP).
graceful_timeout = 10
# Its socket for control (since gunicorn 25.1) would be the same for all of them.
control_socket_disable = True
