/** Of a robot of example.org, until 2126, made by openssl; its private key is lost, since a proxy forwards it. */
export const robotCertificate: string =
  "MIIBlTCCATugAwIBAgIULCSinkzOpqcu/iWpGbV4tLEtXRYwCgYIKoZIzj0EAwIwEDEOMAwGA1UEAwwFcm9ib3QwIBcNMjYxMTMw" +
  "MDkyOTE2WhgPMjEyNjExMDYwOTI5MTZaMBAxDjAMBgNVBAMMBXJvYm90MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAExKsdpCLI" +
  "6hY0b/GlnFR1fvfdDW82ms0mnNnTM9Vk2cLhD7JucSR8YrzbpCbxCCZcMrA1CHSaL5wN3Ear+nb/wKNxMG8wHQYDVR0OBBYEFDMy" +
  "/1SvwBJsfPR0soSZvhmBGhDVMB8GA1UdIwQYMBaAFDMy/1SvwBJsfPR0soSZvhmBGhDVMA8GA1UdEwEB/wQFMAMBAf8wHAYDVR0R" +
  "BBUwE4ERcm9ib3RAZXhhbXBsZS5vcmcwCgYIKoZIzj0EAwIDSAAwRQIhAO5xzJd77UbW2sQXg/e2QAhFoaFD19ed95r9PeFxl35x" +
  "AiBW+n9BNYRlC6fv0Wu5u4ruqU8eaHCy/hfwi5iOvJkAlw==";
