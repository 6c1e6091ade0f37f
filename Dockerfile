# A small image with nothing in it but the program and the libraries it loads. Built from the top of the repository.
FROM debian:12-slim AS build
WORKDIR /src
COPY . .
RUN ./dev setup
RUN MIROIR_PRESET=release ./dev build miroir
RUN tools/image_root bin/miroir /image

FROM scratch
COPY --from=build /image /
USER 7700:7700
WORKDIR /var/lib/miroir
VOLUME /var/lib/miroir
EXPOSE 7700 9090
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/miroir"]
CMD ["serve"]
