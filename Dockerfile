# docker build -t kueue-sim . && docker run --rm -v "$PWD:/work" kueue-sim check /work
FROM python:3.13-slim AS build
WORKDIR /source
COPY . .
RUN pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:3.13-slim
RUN --mount=type=bind,from=build,source=/wheels,target=/wheels \
    pip install --no-cache-dir --no-compile /wheels/*.whl \
 && useradd --system --uid 65532 --no-create-home kueue-sim
ENV PYTHONDONTWRITEBYTECODE=1 MPLCONFIGDIR=/tmp/matplotlib
USER 65532
WORKDIR /work
ENTRYPOINT ["kueue-sim"]
CMD ["--help"]
