using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using UpgradeProtocols;

namespace Ocpp;

/// <summary>A charge point's connection (OCPP-J 1.6 §3). The URL's last segment is its identity; it authenticates by password.</summary>
[UpgradeProtocol(
    "ocpp1.6",
    Path = "/ocpp/{chargePointId}",
    Format = typeof(OcppMessageFormat),
    JsonContext = typeof(OcppJson),
    Client = typeof(IChargePoint),
    SubprotocolMismatch = SubprotocolMismatch.AcceptThenClose,
    MaxMessageSize = 64 * 1024)]
internal sealed class ChargePointHandler(ChargePoints chargePoints, Credentials credentials, TimeProvider time)
{
    /// <summary>The close code for a connection that a newer one of the same charge point replaces.</summary>
    internal const int Replaced = 4000;

    private const int MaxIdTag = 20;

    private ChargePoint _chargePoint = null!;

    [OnUpgrading]
    public UpgradeResult Upgrading(UpgradeConnection connection, UpgradeRequest request, [FromRoute] string chargePointId)
    {
        if (!credentials.IsChargePoint(request, chargePointId))
        {
            return UpgradeResult.Refuse(401, "Send the charge point's identity and password with HTTP Basic authentication.")
                .WithHeader(Credentials.Challenge.Key, Credentials.Challenge.Value);
        }

        // IClients<IChargePoint>.User(id) finds the connection by this claim.
        connection.SetUser(new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, chargePointId)], "Basic")));
        _chargePoint = chargePoints.Of(chargePointId);
        return UpgradeResult.Accept();
    }

    [OnConnected]
    public async ValueTask ConnectedAsync(UpgradeConnection connection)
    {
        // A charge point that lost its network reconnects before the server detects that the old connection is dead.
        if (_chargePoint.Connect(connection) is { } old)
        {
            await old.CloseAsync(Replaced, "A newer connection of this charge point has replaced this one.");
        }
    }

    [OnDisconnected]
    public void Disconnected(UpgradeConnection connection) => _chargePoint.Disconnect(connection);

    [Message("BootNotification")]
    public BootAnswer Boot(BootNotification boot)
    {
        _chargePoint.Boot($"{boot.ChargePointVendor} {boot.ChargePointModel}");
        return new BootAnswer(RegistrationStatus.Accepted, time.GetUtcNow(), Interval: 300);
    }

    [Message("Heartbeat")]
    public HeartbeatAnswer Heartbeat() => new(time.GetUtcNow());

    [Message("StatusNotification")]
    public void Status(StatusNotification status) => _chargePoint.SetStatus(Connector(status.ConnectorId), status.Status);

    [Message("MeterValues")]
    public void Meter(MeterValues values)
    {
        Connector(values.ConnectorId);
        if (values.MeterValue is [.., { SampledValue: [.., var last] }])
        {
            _chargePoint.Update(values.TransactionId, transaction => transaction with { LastValue = $"{last.Value} {last.Unit ?? "Wh"}" });
        }
    }

    [Message("Authorize")]
    public AuthorizeAnswer Authorize(Authorize authorize) => new(Check(authorize.IdTag));

    [Message("StartTransaction")]
    public StartTransactionAnswer Start(StartTransaction start)
    {
        Connector(start.ConnectorId);
        var info = Check(start.IdTag);
        var transaction = chargePoints.NextTransaction();
        _chargePoint.Start(new TransactionView(transaction, start.IdTag, start.MeterStart, MeterStop: null, LastValue: null));
        return new StartTransactionAnswer(transaction, info);
    }

    [Message("StopTransaction")]
    public StopTransactionAnswer Stop(StopTransaction stop)
    {
        // A charge point may stop a transaction that this server no longer knows; the server accepts it (OCPP 1.6 §4.10).
        _chargePoint.Update(stop.TransactionId, transaction => transaction with { MeterStop = stop.MeterStop });
        return new StopTransactionAnswer(stop.IdTag is { } tag ? Check(tag) : null);
    }

    // This example accepts all tags but one; a real server checks its database.
    private static IdTagInfo Check(string idTag) => idTag.Length is > 0 and <= MaxIdTag
        ? new IdTagInfo(idTag == "BLOCKED" ? AuthorizationStatus.Blocked : AuthorizationStatus.Accepted)
        : throw new MessageException(ErrorCodes.PropertyConstraintViolation, $"An idTag must have 1 to {MaxIdTag} characters.");

    private static int Connector(int id) => id >= 0
        ? id
        : throw new MessageException(ErrorCodes.PropertyConstraintViolation, "A connectorId must not be negative.");
}
