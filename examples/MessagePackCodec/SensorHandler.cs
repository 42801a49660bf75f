using MessagePack;
using UpgradeProtocols;

namespace Sensors;

[MessagePackObject]
public sealed record Reading([property: Key(0)] string Sensor, [property: Key(1)] double Celsius);

[MessagePackObject]
public sealed record Mean([property: Key(0)] string Sensor, [property: Key(1)] int Count, [property: Key(2)] double Celsius);

/// <summary>The push to all connections: a reading that is too hot.</summary>
[ClientContract]
internal interface IAlarms
{
    [Message]
    ValueTask TooHotAsync(Reading reading);
}

/// <summary>Without an envelope, each binary frame is a payload, and the server sends the return value of the method.</summary>
[UpgradeProtocol("sensors.v1", Path = "/sensors", Codec = typeof(Codec), Client = typeof(IAlarms))]
internal sealed class SensorHandler(IClients<IAlarms> clients)
{
    private const double TooHot = 80;

    private int _count;
    private double _sum;

    [AnyMessage]
    public async ValueTask<Mean> AddAsync(Reading reading)
    {
        _count++;
        _sum += reading.Celsius;
        if (reading.Celsius > TooHot)
        {
            await clients.All.TooHotAsync(reading);
        }

        return new Mean(reading.Sensor, _count, _sum / _count);
    }
}
