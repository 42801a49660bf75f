using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Board;

/// <summary>
/// Issues and validates JSON Web Tokens. It creates a new key at each start; a real application uses a persistent key or an
/// identity provider.
/// </summary>
public sealed class Tokens
{
    private const string Issuer = "board";
    private static readonly TimeSpan s_lifetime = TimeSpan.FromMinutes(5);

    private readonly JsonWebTokenHandler _handler = new();
    private readonly SymmetricSecurityKey _key = new(RandomNumberGenerator.GetBytes(32));
    private readonly TokenValidationParameters _parameters;

    public Tokens() => _parameters = new TokenValidationParameters
    {
        ValidIssuer = Issuer,
        ValidAudience = Issuer,
        IssuerSigningKey = _key,
        NameClaimType = "sub",
        RoleClaimType = "role",
        ClockSkew = TimeSpan.FromSeconds(5),
    };

    public void Configure(JwtBearerOptions options)
    {
        options.MapInboundClaims = false;
        options.TokenValidationParameters = _parameters;
    }

    public LoggedIn Issue(string name, string role)
    {
        var expires = DateTimeOffset.UtcNow + s_lifetime;
        var token = _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = Issuer,
            Subject = new ClaimsIdentity([new("sub", name), new("role", role)]),
            Expires = expires.UtcDateTime,
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.HmacSha256),
        });
        return new LoggedIn(token, expires, role);
    }

    public async ValueTask<(ClaimsPrincipal User, DateTimeOffset Expires)?> ValidateAsync(string token)
    {
        var result = await _handler.ValidateTokenAsync(token, _parameters);
        return result.IsValid ? (new ClaimsPrincipal(result.ClaimsIdentity), result.SecurityToken.ValidTo) : null;
    }
}
