# One image for every process of Throughcare; the command says which.
FROM python:3.13.7-slim-bookworm AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/throughcare
ENV PATH=/opt/throughcare/bin:$PATH
WORKDIR /build
# The lock by itself first, so that a change of code does not install everything again.
COPY requirements.lock .
RUN pip install --require-hashes --no-deps --only-binary :all: --requirement requirements.lock
COPY . .
RUN pip install --no-deps --no-build-isolation .

FROM python:3.13.7-slim-bookworm
RUN useradd --system --uid 10001 --create-home throughcare
COPY --from=build /opt/throughcare /opt/throughcare
# An agency mounts its own packs and calendars over these.
COPY policies /srv/throughcare/policies
COPY calendars /srv/throughcare/calendars
# The empty zone path makes due dates come from the locked tzdata, not from the image. With more arenas than two, glibc keeps
# memory that is free again apart for each of the SDK's threads: 7 KiB for each case that the worker has at hand.
ENV PATH=/opt/throughcare/bin:$PATH PYTHONUNBUFFERED=1 PYTHONTZPATH= MALLOC_ARENA_MAX=2
WORKDIR /srv/throughcare
USER throughcare
CMD ["throughcare", "--help"]
