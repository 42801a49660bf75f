using System.Net;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace UpgradeProtocols.Tests.Transport;

/// <summary>A certificate for localhost, in files for Kestrel's configuration.</summary>
internal sealed class TestCertificate : IDisposable
{
    public const string Password = "a password";

    private readonly string _folder = Directory.CreateTempSubdirectory("tls").FullName;
    private readonly string _thumbprint;

    public TestCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        _thumbprint = certificate.Thumbprint;
        File.WriteAllBytes(PfxPath, certificate.Export(X509ContentType.Pfx, Password));
        File.WriteAllText(PemPath, certificate.ExportCertificatePem());
        File.WriteAllText(KeyPath, key.ExportPkcs8PrivateKeyPem());
    }

    public string PfxPath => Path.Combine(_folder, "server.pfx");

    public string PemPath => Path.Combine(_folder, "server.pem");

    public string KeyPath => Path.Combine(_folder, "server.key");

    /// <summary>Returns options of a client that trusts only this certificate.</summary>
    public SslClientAuthenticationOptions Trusting() => new()
    {
        TargetHost = "localhost",
        RemoteCertificateValidationCallback = (_, certificate, _, _) => Is(certificate),
    };

    public bool Is(X509Certificate? certificate) => certificate?.GetCertHashString() == _thumbprint;

    public Dictionary<string, string?> AsDefault() => new()
    {
        ["Kestrel:Certificates:Default:Path"] = PfxPath,
        ["Kestrel:Certificates:Default:Password"] = Password,
    };

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
